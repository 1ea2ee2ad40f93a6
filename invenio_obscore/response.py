"""What `extract` gives back: the products of many files, their problems, and why each value is what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import NotFoundError
from .extraction.evidence import Evidence, Problem, Product
from .fits.files import readable
from .spool import Spool

if TYPE_CHECKING:
    from astropy.table import Table

    from .curation import Curator, Report
    from .fits.sources import Source


#: Products that curation is asked about together.
_AT_ONCE = 2000


@dataclass(frozen=True)
class FileProblem:
    """A problem and the file that it is about."""

    file: str
    problem: Problem

    def __str__(self) -> str:
        column, message = self.problem.column, self.problem.message
        named = not column or re.match(rf"{re.escape(column)}\b", message)
        return f"{self.file}: {message}" if named else f"{self.file}: {column}: {message}"


@dataclass
class Response:
    """Products of files, in the order of the files.

    Attributes
    ----------
    products
        Each with the source that it comes from; the first thousands in memory, the rest in a temporary file.
    failures
        Files that gave no product, with the reason.
    """

    products: Spool[tuple[Source, Product]] = field(default_factory=Spool)
    failures: list[tuple[Source, Problem]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not isinstance(self.products, Spool):
            self.products = Spool(self.products)

    def __len__(self) -> int:
        return len(self.products)

    def __iter__(self) -> Iterator[Product]:
        return (product for _, product in self.products)

    @property
    def problems(self) -> list[FileProblem]:
        """Everything doubtful, files without a product first."""
        failed = [FileProblem(display_name(source), problem) for source, problem in self.failures]
        doubtful = [
            FileProblem(display_name(source), problem)
            for source, product in self.products
            for problem in product.problems
        ]
        return failed + doubtful

    def of(self, file: str) -> list[Product]:
        """The products of one file, named by its path, its name or an archive member's path.

        Raises
        ------
        NotFoundError
            No such file was read.
        """
        found = [product for source, product in self.products if file in names(source)]
        if not found:
            failed = next((problem for source, problem in self.failures if file in names(source)), None)
            raise NotFoundError(f"{file}: {failed.message}" if failed else f"no file {file!r} was read")
        return found

    def evidence(self, file: str, column: str | None = None) -> Evidence | dict[str, Evidence] | None:
        """Where a value of a file's first product comes from; all of its evidence without a column.

        Raises
        ------
        NotFoundError
            No such file was read.
        """
        product = self.of(file)[0]
        return product.evidence.get(column) if column else dict(product.evidence)

    def to_table(self) -> Table:
        """An astropy table with units, UCDs, utypes and descriptions; one row a product."""
        from .tables import to_table

        return to_table(self.products)

    def write(self, path: str | os.PathLike[str], **options: Any) -> None:  # noqa: ANN401  # passed on
        """Write the table as the ending of the path says: .csv .vot .parquet .fits .ecsv .json."""
        from .tables import write_products

        write_products(lambda: self, path, **options)

    def curate(self, **options: Any) -> Report:  # noqa: ANN401  # passed on
        """Fill empty cells with what outside services are sure of; what they only propose becomes advice."""
        from .curation import Curator

        return self.curate_with(Curator(**options))

    def curate_with(self, curator: Curator) -> Report:
        """The same with a curator of one's own, some products at a time."""
        from .curation import Report

        total = Report()
        for start in range(0, len(self.products), _AT_ONCE):
            part = self.products[start : start + _AT_ONCE]
            report = curator.curate([product for _, product in part])
            for number, item in enumerate(part, start=start):
                self.products.replace(number, item)
            total.filled += report.filled
            total.proposed += report.proposed
            total.failures += [f for f in report.failures if f not in total.failures]
        return total


def display_name(source: Source) -> str:
    """What a person calls a file: its path, and its path inside an archive."""
    place = readable(source.path or source.name)
    return f"{place}!{source.member}" if source.member else place


def names(source: Source) -> Sequence[str]:
    """What a file may be called."""
    return tuple(
        n for n in (source.path if not source.member else "", source.name, source.member, display_name(source)) if n
    )

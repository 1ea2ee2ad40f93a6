"""The one table of columns: ObsCore 1.1 and the two extensions that we fill.

Row type, DDL, TAP_SCHEMA, VOTable FIELDs, marshmallow schema, form and documentation are all derived from it.

Sources: IVOA ObsCore 1.1 (REC 2017-05-09), tables 6 and 7 with appendix B and C; the radio extension (PEN 2026-05);
the high-energy extension (PEN 2026-08).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from .fields import Field

Group = Literal["what", "where", "when", "wavelength", "observable", "polarisation", "telescope", "access", "who"]


@dataclass(frozen=True)
class Column(Field):
    """A column of a published table: a :class:`~.fields.Field` and what only we know of it.

    Attributes
    ----------
    group
        Where a form shows it.
    mandatory
        The standard asks for the column (its value may still be NULL).
    nullable
        The value may be NULL.
    principal, std
        As TAP_SCHEMA has them (TAP 1.1, section 4.3); ``indexed`` is what the database really has.
    system
        Only the server may set it (access, identifiers, rights).
    """

    group: Group = "what"
    mandatory: bool = False
    nullable: bool = True
    principal: bool = True
    indexed: bool = False
    std: bool = True
    system: bool = False


# One line a column: name, type, unit, UCD, utype (without "obscore:"), flags, description.
# Types: text (ASCII), utext (any letters: what people write), timestamp, region, tmoc, int, long, double, float.
# Flags: M mandatory, N not NULL, p not principal, i indexed, S set by the system only.
_TYPES: dict[str, tuple[str, str, str]] = {
    "text": ("char", "*", ""),
    "utext": ("unicodeChar", "*", ""),
    "timestamp": ("char", "*", "timestamp"),
    "region": ("char", "*", "adql:REGION"),
    "clob": ("char", "*", "adql:CLOB"),
    "tmoc": ("char", "*", "moc"),
    "int": ("int", "", ""),
    "long": ("long", "", ""),
    "double": ("double", "", ""),
    "float": ("float", "", ""),
}

_Line = tuple[str, str, str, str, str, str, str]

_AXES = (
    "Char.SpatialAxis.",
    "Char.TimeAxis.",
    "Char.SpectralAxis.",
    "Char.ObservableAxis.",
    "Char.PolarizationAxis.",
)
_S, _T, _EM, _O, _POL = _AXES
_J2000 = _S + "Coverage.Location.Coord.Position2D.Value2."

# fmt: off
_OBSCORE: dict[Group, tuple[_Line, ...]] = {
    "what": (
        ("dataproduct_type", "text", "", "meta.code.class", "ObsDataset.dataProductType", "Mi",
         "Kind of product: image, cube, spectrum, sed, timeseries, visibility, event or measurements"),
        ("dataproduct_subtype", "text", "", "meta.code.class", "ObsDataset.dataProductSubtype", "",
         "Finer kind of product, a term of the IVOA product-type vocabulary where there is one"),
        ("calib_level", "int", "", "meta.code;obs.calib", "ObsDataset.calibLevel", "MNi",
         "Processing level, from 0 (raw, proprietary format) to 4 (derived by analysis)"),
        ("obs_collection", "utext", "", "meta.id", "DataID.collection", "MNi",
         "Data collection that the product belongs to"),
        ("obs_id", "utext", "", "meta.id", "DataID.observationID", "MNi",
         "Identifier that all products of one observation share"),
        ("obs_title", "utext", "", "meta.title;obs", "DataID.title", "",
         "Short description of the product for people"),
        ("target_name", "utext", "", "meta.id;src", "Target.name", "Mi",
         "Object or field that was observed"),
        ("target_class", "text", "", "src.class", "Target.class", "",
         "Kind of object that was observed"),
    ),
    "where": (
        ("s_ra", "double", "deg", "pos.eq.ra", _J2000 + "C1", "Mi",
         "Right ascension of the centre (ICRS)"),
        ("s_dec", "double", "deg", "pos.eq.dec", _J2000 + "C2", "Mi",
         "Declination of the centre (ICRS)"),
        ("s_fov", "double", "deg", "phys.angSize;instr.fov", _S + "Coverage.Bounds.Extent.diameter", "M",
         "Diameter of the smallest circle that holds the covered sky"),
        ("s_region", "region", "", "pos.outline;obs.field", _S + "Coverage.Support.Area", "Mi",
         "Sky that the product covers (ICRS)"),
        ("s_resolution", "double", "arcsec", "pos.angResolution", _S + "Resolution.Refval.value", "M",
         "Typical spatial resolution, as the FWHM of a point source"),
        ("s_xel1", "long", "", "meta.number", _S + "numBins1", "M",
         "Pixels along the first spatial axis"),
        ("s_xel2", "long", "", "meta.number", _S + "numBins2", "M",
         "Pixels along the second spatial axis"),
        ("s_pixel_scale", "double", "arcsec", "phys.angSize;instr.pixel", _S + "Sampling.RefVal.SamplingPeriod", "",
         "Size of a pixel on the sky"),
        ("s_ucd", "text", "", "meta.ucd", _S + "ucd", "",
         "UCD of the spatial axes"),
        ("s_unit", "text", "", "meta.unit", _S + "unit", "",
         "Unit of the spatial axes in the file"),
        ("s_calib_status", "text", "", "meta.code.qual", _S + "calibrationStatus", "",
         "How well the positions are calibrated"),
        ("s_stat_error", "double", "arcsec", "stat.error;pos.eq", _S + "Accuracy.StatError.Refval.value", "p",
         "Statistical error of positions"),
    ),
    "when": (
        ("t_min", "double", "d", "time.start;obs.exposure", _T + "Coverage.Bounds.Limits.StartTime", "Mi",
         "Begin of the observation (MJD, UTC)"),
        ("t_max", "double", "d", "time.end;obs.exposure", _T + "Coverage.Bounds.Limits.StopTime", "Mi",
         "End of the observation (MJD, UTC)"),
        ("t_exptime", "double", "s", "time.duration;obs.exposure", _T + "Coverage.Support.Extent", "Mi",
         "Total exposure time"),
        ("t_resolution", "double", "s", "time.resolution", _T + "Resolution.Refval.value", "M",
         "Smallest time step that the product resolves"),
        ("t_xel", "long", "", "meta.number", _T + "numBins", "M",
         "Samples along the time axis"),
        ("t_calib_status", "text", "", "meta.code.qual", _T + "calibrationStatus", "p",
         "How well the times are calibrated"),
        ("t_stat_error", "double", "s", "stat.error;time", _T + "Accuracy.StatError.Refval.value", "p",
         "Statistical error of times"),
    ),
    "wavelength": (
        ("em_min", "double", "m", "em.wl;stat.min", _EM + "Coverage.Bounds.Limits.LoLimit", "Mi",
         "Shortest wavelength covered (vacuum)"),
        ("em_max", "double", "m", "em.wl;stat.max", _EM + "Coverage.Bounds.Limits.HiLimit", "Mi",
         "Longest wavelength covered (vacuum)"),
        ("em_res_power", "double", "", "spect.resolution", _EM + "Resolution.ResolPower.refVal", "M",
         "Typical resolving power, wavelength over its smallest difference"),
        ("em_xel", "long", "", "meta.number", _EM + "numBins", "M",
         "Samples along the spectral axis"),
        ("em_ucd", "text", "", "meta.ucd", _EM + "ucd", "",
         "UCD of the spectral axis as the file has it"),
        ("em_unit", "text", "", "meta.unit", _EM + "unit", "",
         "Unit of the spectral axis in the file"),
        ("em_calib_status", "text", "", "meta.code.qual", _EM + "calibrationStatus", "p",
         "How well the spectral axis is calibrated"),
        ("em_res_power_min", "double", "", "spect.resolution;stat.min", _EM + "Resolution.ResolPower.LoLimit", "",
         "Lowest resolving power"),
        ("em_res_power_max", "double", "", "spect.resolution;stat.max", _EM + "Resolution.ResolPower.HiLimit", "",
         "Highest resolving power"),
        ("em_resolution", "double", "m", "spect.resolution;stat.mean", _EM + "Resolution.Refval.value", "",
         "Mean width of a spectral resolution element"),
        ("em_stat_error", "double", "m", "stat.error;em", _EM + "Accuracy.StatError.Refval.value", "p",
         "Statistical error along the spectral axis"),
    ),
    "observable": (
        ("o_ucd", "text", "", "meta.ucd", _O + "ucd", "M",
         "UCD of the quantity that was measured"),
        ("o_unit", "text", "", "meta.unit", _O + "unit", "",
         "Unit of the quantity that was measured"),
        ("o_calib_status", "text", "", "meta.code.qual", _O + "calibrationStatus", "",
         "How well the measured quantity is calibrated"),
        ("o_stat_error", "double", "", "stat.error", _O + "Accuracy.StatError.Refval.value", "p",
         "Statistical error of the measured quantity, in o_unit"),
    ),
    "polarisation": (
        ("pol_states", "text", "", "meta.code;phys.polarization", _POL + "stateList", "M",
         "Polarisation states between slashes, such as /I/Q/U/"),
        ("pol_xel", "long", "", "meta.number", _POL + "numBins", "M",
         "Number of polarisation states"),
    ),
    "telescope": (
        ("facility_name", "utext", "", "meta.id;instr.tel", "Provenance.ObsConfig.Facility.name", "Mi",
         "Telescope, observatory or spacecraft"),
        ("instrument_name", "utext", "", "meta.id;instr", "Provenance.ObsConfig.Instrument.name", "Mi",
         "Instrument"),
        ("proposal_id", "utext", "", "meta.id;obs.proposal", "Provenance.Proposal.identifier", "p",
         "Identifier of the observing proposal"),
    ),
    "who": (
        ("obs_creation_date", "timestamp", "", "time;meta.dataset", "DataID.date", "",
         "When the product was made"),
        ("obs_creator_name", "utext", "", "meta.id", "DataID.creator", "",
         "Who made the product"),
        ("obs_creator_did", "text", "", "meta.id", "DataID.creatorDID", "pi",
         "Identifier that the creator gave the product"),
        ("bib_reference", "text", "", "meta.bib.bibcode", "Curation.reference", "pi",
         "Bibcode or DOI of the article about the product"),
    ),
    "access": (
        ("obs_publisher_did", "text", "", "meta.ref.ivoid", "Curation.publisherDID", "MNiS",
         "IVOA identifier of this product, unique and stable"),
        ("publisher_id", "text", "", "meta.ref.ivoid", "Curation.publisherID", "S",
         "IVOA identifier of the publisher"),
        ("access_url", "clob", "", "meta.ref.url", "Access.reference", "MS",
         "Address that delivers the product"),
        ("access_format", "text", "", "meta.code.mime", "Access.format", "MS",
         "Media type of what the address delivers"),
        ("access_estsize", "long", "kbyte", "phys.size;meta.file", "Access.size", "MS",
         "Approximate size to download"),
        ("data_rights", "text", "", "meta.code", "Curation.rights", "pS",
         "Whether the product is public, secure or proprietary"),
        ("obs_release_date", "timestamp", "", "time.release", "Curation.releaseDate", "S",
         "When the product becomes public"),
    ),
}
# fmt: on

# In this order the standard's mandatory columns stand first in results (ObsCore 1.1, table 6).
_MANDATORY_ORDER = (
    "dataproduct_type calib_level obs_collection obs_id obs_publisher_did access_url access_format access_estsize "
    "target_name s_ra s_dec s_fov s_region s_resolution s_xel1 s_xel2 t_min t_max t_exptime t_resolution t_xel "
    "em_min em_max em_res_power em_xel o_ucd pol_states pol_xel facility_name instrument_name"
).split()

_DID: _Line = (
    "obs_publisher_did",
    "text",
    "",
    "meta.ref.ivoid",
    "Curation.publisherDID",
    "MNiS",
    "Identifier of the product in ivoa.obscore",
)

# fmt: off
_RADIO: tuple[tuple[Group, _Line], ...] = (
    ("access", _DID),
    ("where", ("s_resolution_min", "double", "arcsec", "pos.angResolution;stat.min",
        _S + "Resolution.Bounds.Limits.LoLim", "",
        "Finest spatial resolution")),
    ("where", ("s_resolution_max", "double", "arcsec", "pos.angResolution;stat.max",
        _S + "Resolution.Bounds.Limits.HiLim", "",
        "Coarsest spatial resolution")),
    ("where", ("s_fov_min", "double", "deg", "phys.angSize;instr.fov;stat.min",
        _S + "Coverage.Bounds.Extent.LowLim", "",
        "Field of view at the highest frequency")),
    ("where", ("s_fov_max", "double", "deg", "phys.angSize;instr.fov;stat.max", _S + "Coverage.Bounds.Extent.HiLim", "",
        "Field of view at the lowest frequency")),
    ("wavelength", ("f_resolution", "double", "kHz", "em.freq;stat.max", _EM + "Coverage.Bounds.Limits.HiLim", "",
        "Frequency resolution")),
    ("where", ("s_largest_angular_scale", "double", "arcsec", "phys.angSize;stat.max",
        _S + "Resolution.Scale.Limits.HiLim", "",
        "Largest scale that the array recovers")),
    ("where", ("s_largest_angular_scale_min", "double", "arcsec", "phys.angSize;stat.max",
        _S + "Resolution.Scale.Limits.HiLim.Low", "",
        "The same at the highest frequency")),
    ("where", ("s_largest_angular_scale_max", "double", "arcsec", "phys.angSize;stat.max",
        _S + "Resolution.Scale.Limits.HiLim.Hi", "",
        "The same at the lowest frequency")),
    ("where", ("uv_distance_min", "double", "m", "stat.fourier;pos;stat.min",
        "Char.UVAxis.Coverage.Bounds.Limits.LoLim", "",
        "Shortest distance in the uv plane")),
    ("where", ("uv_distance_max", "double", "m", "stat.fourier;pos;stat.max",
        "Char.UVAxis.Coverage.Bounds.Limits.HiLim", "",
        "Longest distance in the uv plane")),
    ("where", ("uv_distribution_ecc", "double", "", "stat.fourier;pos", "Char.UVAxis.Coverage.Bounds.Eccentricity", "",
        "Eccentricity of the uv coverage")),
    ("where", ("uv_distribution_fill", "double", "", "stat.fourier;pos;arith.ratio",
        "Char.UVAxis.Coverage.Bounds.FillingFactor", "",
        "Filled part of the uv coverage")),
    ("telescope", ("instr_tel_number", "int", "", "meta.number;instr.param",
        "Provenance.ObsConfig.Instrument.Array.AntNumber", "",
        "Number of antennas")),
    ("telescope", ("instr_tel_min_dist", "double", "m", "instr.baseline;stat.min",
        "Provenance.ObsConfig.Instrument.Array.MinDist", "",
        "Shortest baseline")),
    ("telescope", ("instr_tel_max_dist", "double", "m", "instr.baseline;stat.max",
        "Provenance.ObsConfig.Instrument.Array.MaxDist", "",
        "Longest baseline")),
    ("telescope", ("instr_tel_diameter", "double", "m", "instr.param",
        "Provenance.ObsConfig.Instrument.Array.Diameter", "",
        "Diameter of the largest antenna")),
    ("telescope", ("instr_feed", "int", "", "instr.param", "Provenance.ObsConfig.Instrument.Feed", "",
        "Number of feeds")),
    ("telescope", ("scan_mode", "text", "", "instr.param", "Provenance.Observation.sky_scan_mode", "",
        "How the sky was scanned")),
    ("telescope", ("tracking_type", "text", "", "instr.param", "Provenance.Observation.tracking_mode", "",
        "How the telescope tracked")),
)
# fmt: on

# fmt: off
_HEA: tuple[tuple[Group, _Line], ...] = (
    ("access", _DID),
    ("observable", ("ev_xel", "long", "", "meta.number;instr.detection;phys.particle", "", "",
        "Number of events in the list")),
    ("where", ("s_ref_energy", "float", "eV", "meta.ref;em.energy;pos", "", "",
        "Energy at which the spatial values hold")),
    ("wavelength", ("em_ref_energy", "float", "eV", "meta.ref;em.energy;em", "", "",
        "Energy at which the spectral values hold")),
    ("where", ("s_ref_oaa", "float", "deg", "pos.posAng;instr.offset;pos", "", "",
        "Off-axis angle at which the spatial values hold")),
    ("wavelength", ("em_ref_oaa", "float", "deg", "pos.posAng;instr.offset;em", "", "",
        "Off-axis angle at which the spectral values hold")),
    ("when", ("t_intervals", "tmoc", "", "", "", "",
        "Good time intervals as a time MOC")),
    ("wavelength", ("energy_min", "double", "eV", "em.energy;stat.min", "", "",
        "Lowest energy covered")),
    ("wavelength", ("energy_max", "double", "eV", "em.energy;stat.max", "", "",
        "Highest energy covered")),
    ("telescope", ("obs_mode", "text", "", "meta.code;obs.param", "", "",
        "Observation mode")),
    ("telescope", ("tracking_mode", "text", "", "meta.code;obs.param", "", "",
        "How the telescope tracked")),
    ("telescope", ("scan_mode", "text", "", "meta.code;obs.param", "", "",
        "How the sky was scanned")),
    ("telescope", ("pointing_mode", "text", "", "meta.code;obs.param", "", "",
        "How the telescopes of an array pointed")),
    ("telescope", ("analysis_mode", "text", "", "meta.code;obs.param", "", "",
        "How the data were reduced")),
    ("telescope", ("event_type", "text", "", "meta.code.qual;instr.detection;phys.particle", "", "",
        "Quality class of the events")),
    ("what", ("messenger_name", "text", "", "meta.id;phys.particle", "", "",
        "Particle that carried the signal")),
    ("what", ("messenger_pdgid", "text", "", "meta.ref.pdgid;phys.particle", "", "",
        "Code of that particle in the PDG's list")),
)
# fmt: on


def _column(group: Group, line: _Line) -> Column:
    name, kind, unit, ucd, utype, flags, description = line
    datatype, arraysize, xtype = _TYPES[kind]
    return Column(
        name=name,
        datatype=datatype,  # type: ignore[arg-type]
        arraysize=arraysize,
        xtype=xtype,
        unit=unit,
        ucd=ucd,
        utype=f"obscore:{utype}" if utype else "",
        description=description,
        group=group,
        mandatory="M" in flags,
        nullable="N" not in flags,
        principal="p" not in flags,
        indexed="i" in flags,
        system="S" in flags,
    )


def _obscore() -> dict[str, Column]:
    columns = {line[0]: _column(group, line) for group, lines in _OBSCORE.items() for line in lines}
    if sorted(_MANDATORY_ORDER) != sorted(c.name for c in columns.values() if c.mandatory):
        raise AssertionError("the flags M and the standard's list of mandatory columns differ")
    return {name: columns[name] for name in [*_MANDATORY_ORDER, *(n for n in columns if n not in _MANDATORY_ORDER)]}


#: ``ivoa.obscore``: the 30 mandatory columns in the standard's order, then the optional ones.
OBSCORE = MappingProxyType(_obscore())
#: ``ivoa.obscore_radio``.
OBSCORE_RADIO = MappingProxyType({line[0]: _column(group, line) for group, line in _RADIO})
#: ``ivoa.obscore_hea``.
OBSCORE_HEA = MappingProxyType({line[0]: _column(group, line) for group, line in _HEA})

#: Every column that a row of the library may fill, whichever table publishes it.
ALL_COLUMNS = MappingProxyType({**OBSCORE_HEA, **OBSCORE_RADIO, **OBSCORE})
#: Columns that only the server sets.
SYSTEM_COLUMNS = frozenset(name for name, column in OBSCORE.items() if column.system)

#: ObsCore 1.1, section 4.1: what ``dataproduct_type`` may hold.
OBSCORE_TABLE_UTYPE = "ivo://ivoa.net/std/ObsCore#table-1.1"

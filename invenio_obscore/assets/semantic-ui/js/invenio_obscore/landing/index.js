// The data products of a record's page.
import "@less/invenio_obscore/theme.less";

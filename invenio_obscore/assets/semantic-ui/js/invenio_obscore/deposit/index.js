// The panel "Observation metadata" of the deposit form.
import "@less/invenio_obscore/theme.less";

// The panel "Observation metadata (ObsCore)" of the deposit form; loaded before the form, which looks components up.
import "@less/invenio_obscore/theme.less";
import "@less/invenio_obscore/deposit.less";
import { overrideStore } from "react-overridable";
import { ObsCorePanel } from "./Panel";
import { GlancePlace } from "./Status";

overrideStore.add("InvenioAppRdm.Deposit.Files.before.container", GlancePlace);
overrideStore.add("InvenioAppRdm.Deposit.Files.after.container", ObsCorePanel);

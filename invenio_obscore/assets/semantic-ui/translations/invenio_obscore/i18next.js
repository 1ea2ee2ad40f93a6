// One instance of i18next for all our scripts: the page's language, English where a text has no translation.
import i18n from "i18next";
import LanguageDetector from "i18next-browser-languagedetector";
import { initReactI18next } from "react-i18next";
import { translations } from "./messages";

const i18next = i18n.createInstance();
i18next.use(LanguageDetector).use(initReactI18next).init({
  fallbackLng: "en",
  returnEmptyString: false,
  resources: translations,
  // Texts are their own keys and may hold dots and colons.
  keySeparator: false,
  nsSeparator: false,
  // React escapes.
  interpolation: { escapeValue: false },
  detection: { order: ["htmlTag"], caches: [] },
});

export { i18next };

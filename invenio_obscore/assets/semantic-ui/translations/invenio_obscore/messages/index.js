import en from "./en/translations.json";
import fr from "./fr/translations.json";

export const translations = { en: { translation: en }, fr: { translation: fr } };

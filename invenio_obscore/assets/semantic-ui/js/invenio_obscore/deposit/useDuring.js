import { useState } from "react";

/** Whether an action is under way and what it failed with; `during(action)` runs one. */
export const useDuring = () => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const during = async (action) => {
    setBusy(true);
    setError("");
    try {
      await action();
    } catch (failure) {
      setError(failure.message);
    }
    setBusy(false);
  };
  return { busy, error, during };
};

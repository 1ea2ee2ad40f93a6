import { i18next } from "@translations/invenio_obscore/i18next";
import PropTypes from "prop-types";
import React, { useCallback, useEffect, useState } from "react";
import { Button, Loader, Message, Progress } from "semantic-ui-react";
import { Library, MappingText, usePreview } from "../deposit/MappingEditor";
import { Sample } from "../deposit/MappingPreview";
import { useDuring } from "../deposit/useDuring";
import { Differences } from "./Differences";

const SIZE = 25;
const POLL = 1000;

/** The run that is open: asked for again while it goes on. */
const useRun = (api, onError, asked) => {
  const [run, setRun] = useState(null);
  const load = useCallback(
    async (id, page = 1) => {
      try {
        setRun(await api.rerun(id, page, SIZE));
      } catch (error) {
        onError(error.message);
      }
    },
    [api, onError]
  );
  useEffect(() => {
    let current = true;
    api
      .reruns()
      .then(({ reruns }) => current && reruns.length > 0 && load(reruns[0].id))
      .catch((error) => current && onError(error.message));
    return () => {
      current = false;
    };
  }, [api, load, onError, asked]);
  useEffect(() => {
    if (run?.state !== "running") return undefined;
    const timer = window.setTimeout(() => load(run.id), POLL);
    return () => window.clearTimeout(timer);
  }, [run, load]);
  return { run, load, forget: () => setRun(null) };
};

const Going = ({ run }) => {
  const percent = run.total ? Math.round((100 * run.done) / run.total) : 0;
  return (
    <Progress size="small" percent={percent} role="progressbar" aria-valuemin={0} aria-valuemax={100}
      aria-valuenow={percent} aria-label={i18next.t("Running again")}>
      {i18next.t("{{done}} of {{total}} files", { done: run.done, total: run.total })}
    </Progress>
  );
};

Going.propTypes = { run: PropTypes.object.isRequired };

const WORDS = {
  failed: i18next.t("The run failed:"),
  stale: i18next.t("The draft was changed since: run again to see what differs now."),
};

/** All files again with another mapping or the present extractor: the difference first, then accept or drop. */
export const Rerun = ({ api, panel, revision, onSaved }) => {
  const [saved, setSaved] = useState(null);
  const [text, setText] = useState(undefined);
  const [failure, setFailure] = useState("");
  const [refused, setRefused] = useState([]);
  const [asked, setAsked] = useState(0);
  const { run, load, forget } = useRun(api, setFailure, asked);
  const { busy, error, during } = useDuring();
  useEffect(() => {
    panel
      .mapping()
      .then((found) => setSaved(found.mapping))
      .catch((problem) => setFailure(problem.message));
  }, [panel, revision, asked]);
  const failed = failure && (
    <Message warning visible role="alert">
      <p>{failure}</p>
      <Button type="button" size="mini" onClick={() => {
          setFailure("");
          setAsked((count) => count + 1);
        }}>
        {i18next.t("Try again")}
      </Button>
    </Message>
  );
  const preview = usePreview(panel, text);
  if (saved === null) {
    return failed || <Loader active inline="centered" />;
  }
  const shown = text ?? saved;
  const errors = refused.length ? refused : (text !== undefined && preview?.errors) || [];
  const type = (value) => {
    setRefused([]);
    setText(value === saved ? undefined : value);
  };
  const begin = () =>
    during(async () => {
      try {
        const { id } = await api.beginRerun(shown);
        await load(id);
      } catch (problem) {
        const lines = (problem.errors || []).filter(({ line }) => line);
        if (!lines.length) throw problem;
        setRefused(lines.map(({ line, column, messages }) => ({ line, column, message: messages.join(" "), remedy: "" })));
      }
    });
  const drop = () =>
    during(async () => {
      await api.dropRerun(run.id);
      forget();
    });
  const accept = () =>
    during(async () => {
      try {
        await api.acceptRerun(run.id, revision);
        setText(undefined);
        setSaved(run.mapping);
        forget();
        onSaved();
      } catch (problem) {
        await load(run.id);
        throw problem;
      }
    });
  return (
    <div className="rerun">
      <p id="obscore-rerun-help">
        {i18next.t(
          "All files are worked through again, with this mapping and the present version of the extractor. Nothing changes before you accept it."
        )}
      </p>
      {!run && (
        <>
          <Library api={panel} onChoose={type} />
          <MappingText text={shown} errors={errors} onChange={type} describedBy="obscore-rerun-help" />
          {text !== undefined && preview && !preview.failure && !errors.length && (
            <Sample sample={preview.sample} touched={preview.touched} />
          )}
          <Button primary type="button" size="small" loading={busy} disabled={busy || errors.length > 0} onClick={begin}>
            {i18next.t("Run again and show the difference")}
          </Button>
        </>
      )}
      {failed}
      {error && <Message warning visible role="alert" content={error} />}
      {run?.state === "running" && <Going run={run} />}
      {WORDS[run?.state] && (
        <Message warning visible role="alert">
          {WORDS[run.state]} <bdi>{run.message}</bdi>
        </Message>
      )}
      {run?.state === "done" && (
        <Differences found={{ ...run, total: run.total_products }} label={i18next.t("What the run changes")}
          onPage={(page) => load(run.id, page)} />
      )}
      {run && (
        <p className="row-actions">
          {run.state === "done" && (
            <Button primary type="button" size="small" loading={busy} disabled={busy} onClick={accept}>
              {i18next.t("Accept the difference")}
            </Button>
          )}
          <Button type="button" size="small" disabled={busy} onClick={drop}>
            {run.state === "running" ? i18next.t("Stop the run") : i18next.t("Drop the run")}
          </Button>
        </p>
      )}
    </div>
  );
};

Rerun.propTypes = {
  api: PropTypes.object.isRequired,
  panel: PropTypes.object.isRequired,
  revision: PropTypes.number.isRequired,
  onSaved: PropTypes.func.isRequired,
};

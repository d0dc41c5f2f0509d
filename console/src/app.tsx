import { lazy, useCallback, useEffect, useMemo, useState } from "react";
import { Api } from "./core/api";
import type { Config } from "./core/config";
import { setReached, useReached } from "./core/connection";
import { directionOf, useLanguage } from "./core/i18n";
import { useIdle } from "./core/idle";
import { setPreferences } from "./core/preferences";
import { hrefOf, useRoute } from "./core/router";
import { ShopContext, type Shop } from "./core/shop";
import type { Person, Session } from "./core/session";
import { Button, LazyPart } from "./core/ui";
import { forgetPerson, rememberPerson } from "./offline/last-person";
import { PAGES, type PageName } from "./pages";
import { TillPage } from "./till/till-page";

const Office = lazy(() => import("./office/office"));
const ReturnsPage = lazy(() => import("./returns/returns-page"));

const IDLE_MINUTES = 10;

function stayOpen(): void {
  // An idle till without a connection.
}

interface AppProps {
  config: Config;
  session: Session;
  firstPerson: Person | null;
  /** Whether the page was opened without a connection: the person can sell for cash, and signs in later. */
  wasOffline: boolean;
}

export function App({ config, session, firstPerson, wasOffline }: AppProps): React.ReactNode {
  const [person, setPerson] = useState(firstPerson);
  const [lockedOut, setLockedOut] = useState("");
  const language = useLanguage();
  useEffect(() => {
    document.documentElement.lang = language.code;
    document.documentElement.dir = directionOf(language.code);
  }, [language]);
  const isReached = useReached();
  useEffect(() => {
    if (person !== null && !wasOffline) rememberPerson(person);
    if (wasOffline) setReached(false);
  }, [person, wasOffline]);
  const lock = useCallback(() => {
    if (person === null) return;
    setLockedOut(person.username);
    setPerson(null);
    forgetPerson();
    void session.lock();
  }, [person, session]);
  // A sign-in is not possible without a connection, so that an idle till stays open.
  useIdle(IDLE_MINUTES, isReached && !wasOffline ? lock : stayOpen);
  const shop = useMemo<Shop | null>(
    () => (person === null ? null : { config, person, api: new Api(() => session.token(), lock) }),
    [config, person, session, lock],
  );
  if (shop === null) return <SignIn session={session} lockedOut={lockedOut} />;
  return (
    <ShopContext value={shop}>
      <Shell shop={shop} session={session} isSignedIn={!wasOffline} onLock={lock} />
    </ShopContext>
  );
}

function SignIn({ session, lockedOut }: { session: Session; lockedOut: string }): React.ReactNode {
  const { text } = useLanguage();
  const [problem, setProblem] = useState("");
  const start = (): void => {
    session.signIn().catch((error: unknown) => setProblem(String(error)));
  };
  return (
    <main className="sign-in">
      <h1>Tillflow</h1>
      <p>{lockedOut === "" ? text.signedOut : text.lockedBy(lockedOut)}</p>
      <Button kind="primary" onClick={start} autoFocus>{text.signIn}</Button>
      {problem !== "" && <p role="alert" className="notice bad">{problem}</p>}
    </main>
  );
}

interface ShellProps {
  shop: Shop;
  session: Session;
  isSignedIn: boolean;
  onLock: () => void;
}

function Shell({ shop, session, isSignedIn, onLock }: ShellProps): React.ReactNode {
  const route = useRoute();
  const isReached = useReached();
  const { text, code } = useLanguage();
  const allowed = (name: PageName): boolean => shop.person.scopes.includes(PAGES[name]);
  const names = (Object.keys(PAGES) as PageName[]).filter(allowed);
  const page = route.page in PAGES ? (route.page as PageName) : "till";
  useEffect(() => {
    document.title = `${text.pages[page]} – Tillflow`;
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [page, text]);
  return (
    <div className="shell">
      <header className="top">
        <strong className="brand">Tillflow</strong>
        <nav aria-label={text.pages[page]}>
          {names.map((name) => (
            <a key={name} href={hrefOf(name)} aria-current={name === page ? "page" : undefined}>{text.pages[name]}</a>
          ))}
        </nav>
        <div className="who">
          <span>{shop.person.username}</span>
          <select
            aria-label={text.language}
            value={code}
            onChange={(event) => setPreferences({ language: event.target.value === "de" ? "de" : "en" })}
          >
            <option value="en">EN</option>
            <option value="de">DE</option>
          </select>
          <Button onClick={onLock}>{text.lock}</Button>
          <Button onClick={() => { forgetPerson(); void session.signOut(); }}>{text.signOut}</Button>
        </div>
      </header>
      <main className={page === "till" ? "content till" : "content"}>
        {!isSignedIn && isReached && (
          <div className="notice row spread" role="status">
            {text.offline.back} <Button kind="primary" onClick={() => void session.signIn()}>{text.signIn}</Button>
          </div>
        )}
        {!allowed(page) && <p role="alert" className="notice bad">{text.noAccess}</p>}
        {allowed(page) && page === "till" && <TillPage onLock={onLock} />}
        {allowed(page) && page !== "till" && (
          <LazyPart key={page}>
            {page === "returns" ? <ReturnsPage id={route.id} onLock={onLock} /> : <Office page={page} route={route} />}
          </LazyPart>
        )}
      </main>
    </div>
  );
}

import { useRef, useState } from "react";
import { Problem } from "../../core/api";
import { correctLevel } from "../../core/corrections";
import { usePreferences } from "../../core/preferences";
import { useShop } from "../../core/shop";
import { Button, Field, Icon } from "../../core/ui";
import { ScanBox } from "../../till/scan-box";
import { useCatalog } from "../../till/use-catalog";
import { countRequest, countUnit, removeLine, setCounted, setState, type CountedLine } from "../counting";
import { Notice } from "../parts";
import { useTexts } from "../use-api";

const KEY = "tillflow.count";

function stored(): CountedLine[] {
  try {
    const lines: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(lines) ? (lines as CountedLine[]) : [];
  } catch {
    return [];
  }
}

/** Count the stock of a location with a scanner: each scan is a unit. The count survives a reload. */
export function CountsPage(): React.ReactNode {
  const { text, office, label } = useTexts();
  const { api, config, person } = useShop();
  const preferred = usePreferences().location;
  const [location, setLocation] = useState(person.location === "" ? preferred : person.location);
  const [lines, setLines] = useState(stored);
  const latest = useRef(lines);
  const [notice, setNotice] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBooking, setBooking] = useState(false);
  const catalog = useCatalog();
  const scanBox = useRef<HTMLInputElement>(null);
  const edit = (change: (lines: readonly CountedLine[]) => CountedLine[]): void => {
    latest.current = change(latest.current);
    localStorage.setItem(KEY, JSON.stringify(latest.current));
    setLines(latest.current);
  };
  const scan = async (code: string): Promise<void> => {
    const product = catalog.find(code) ?? (await catalog.findRemotely(code));
    setNotice(product === undefined ? text.till.unknown(code) : "");
    if (product !== undefined) edit((before) => countUnit(before, product.sku, product.name));
  };
  const book = async (line: CountedLine): Promise<void> => {
    try {
      await correctLevel(api, "POST /stock/counts", countRequest(line, location, config.currency));
      edit((before) => setState(before, line.sku, "booked"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.title === "ImplausibleCorrection") edit((before) => setState(before, line.sku, "implausible"));
      else setProblem(error);
    }
  };
  const bookAll = async (): Promise<void> => {
    setBooking(true);
    setProblem(null);
    for (const line of latest.current) if (line.state === "open") await book(line);
    setBooking(false);
  };
  const hasOpen = lines.some(({ state }) => state === "open");
  return (
    <section className="panel">
      <h1>{text.pages.counts}</h1>
      <Field
        label={label("location")}
        value={location}
        disabled={person.location !== "" || lines.length > 0}
        onChange={(event) => setLocation(event.target.value)}
        className="narrow"
      />
      <ScanBox input={scanBox} search={catalog.search} onScan={scan} onChoose={(product) => edit((before) => countUnit(before, product.sku, product.name))} />
      <p role="status" className={notice === "" ? "visually-hidden" : "notice bad"}>{notice}</p>
      <Notice problem={problem} />
      {lines.length === 0 ? <p className="empty">{office.countHint}</p> : (
        <div className="scroll" role="region" aria-label={text.pages.counts} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{label("description")}</th>
                <th scope="col">{office.counted}</th>
                <th scope="col">{label("state")}</th>
                <th scope="col"><span className="visually-hidden">{office.remove}</span></th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.sku}>
                  <td>{line.name} <small>{line.sku}</small></td>
                  <td>
                    <input
                      type="number"
                      min={0}
                      aria-label={`${office.counted}: ${line.name}`}
                      value={line.counted}
                      onChange={(event) => {
                        const counted = Number(event.target.value);
                        if (Number.isInteger(counted) && counted >= 0) edit((before) => setCounted(before, line.sku, counted));
                      }}
                    />
                  </td>
                  <td>
                    {office.countStates[line.state]}
                    {line.state === "implausible" && <> <Button onClick={() => void book(line)}>{office.confirm}</Button></>}
                  </td>
                  <td><Button kind="quiet" aria-label={`${office.remove}: ${line.name}`} onClick={() => edit((before) => removeLine(before, line.sku))}><Icon name="cross" /></Button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="row">
        <Button kind="primary" disabled={!hasOpen || isBooking} onClick={() => void bookAll()}>{office.bookCount}</Button>
        <Button kind="quiet" disabled={lines.length === 0 || isBooking} onClick={() => edit(() => [])}>{office.newCount}</Button>
      </div>
    </section>
  );
}

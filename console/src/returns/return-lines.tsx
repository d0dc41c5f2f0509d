import { useId } from "react";
import { useLanguage } from "../core/i18n";
import { chosenUnits, NO_UNITS, type Condition, type Draft, type ReturnableLine, type ReturnedUnits } from "./return";
import { RETURN_TEXTS } from "./texts";

const CONDITIONS: readonly Condition[] = ["resell", "damaged"];

interface ReturnLinesProps {
  lines: readonly ReturnableLine[];
  units: Draft["units"];
  onChange: (units: Draft["units"]) => void;
}

/** The lines of a receipt, each with the units that come back, their condition and the reason. */
export function ReturnLines({ lines, units, onChange }: ReturnLinesProps): React.ReactNode {
  const { text, code } = useLanguage();
  const texts = RETURN_TEXTS[code];
  const reasons = useId();
  const set = (line: ReturnableLine, changes: Partial<ReturnedUnits>): void =>
    onChange({ ...units, [line.lineNo]: { ...(units[line.lineNo] ?? NO_UNITS), ...changes } });
  return (
    <div className="scroll" role="region" aria-label={text.till.product} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{text.till.product}</th>
            <th scope="col" className="number">{texts.sold}</th>
            <th scope="col" className="number">{texts.returnable}</th>
            <th scope="col">{texts.quantity}</th>
            <th scope="col">{texts.condition}</th>
            <th scope="col">{texts.reason}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const { condition, reason } = units[line.lineNo] ?? NO_UNITS;
            const quantity = chosenUnits(units, line);
            const isOver = line.returnable === 0;
            return (
              <tr key={line.lineNo}>
                <td>{line.description} <small>{line.sku}</small></td>
                <td className="number">{line.sold}</td>
                <td className="number">{line.returnable}</td>
                <td>
                  <input
                    aria-label={`${texts.quantity}: ${line.description}`}
                    type="number"
                    min={0}
                    max={line.returnable}
                    value={quantity}
                    disabled={isOver}
                    onFocus={(event) => event.target.select()}
                    onChange={(event) => {
                      const chosen = Number(event.target.value);
                      if (Number.isInteger(chosen) && chosen >= 0) set(line, { quantity: Math.min(chosen, line.returnable) });
                    }}
                  />
                </td>
                <td>
                  <select
                    aria-label={`${texts.condition}: ${line.description}`}
                    value={condition}
                    disabled={isOver}
                    onChange={(event) => set(line, { condition: event.target.value === "damaged" ? "damaged" : "resell" })}
                  >
                    {CONDITIONS.map((name) => <option key={name} value={name}>{texts.conditions[name]}</option>)}
                  </select>
                </td>
                <td>
                  <input
                    aria-label={`${texts.reason}: ${line.description}`}
                    list={reasons}
                    maxLength={200}
                    value={reason}
                    disabled={isOver}
                    onChange={(event) => set(line, { reason: event.target.value })}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <datalist id={reasons}>{texts.reasons.map((reason) => <option key={reason} value={reason} />)}</datalist>
    </div>
  );
}

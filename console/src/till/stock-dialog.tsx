import { useEffect, useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import type { StockLevel } from "../core/responses";
import { useShop } from "../core/shop";
import { Dialog } from "../core/ui";
import type { Line } from "./sale";

/** The units of a product that each location can sell. */
export function StockDialog({ line, onClose }: { line: Line; onClose: () => void }): React.ReactNode {
  const { text, problem: sentence } = useLanguage();
  const { api } = useShop();
  const [levels, setLevels] = useState<StockLevel[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isOpen = true;
    const load = async (): Promise<void> => {
      const read: StockLevel[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.get("GET /stock", { query: { sku: line.sku, limit: 100, cursor } });
        read.push(...page.levels);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      if (isOpen) setLevels(read);
    };
    load().catch((error: unknown) => { if (isOpen && error instanceof Problem) setProblem(error); });
    return () => { isOpen = false; };
  }, [api, line.sku]);
  return (
    <Dialog title={text.till.stockOf(line.name)} onClose={onClose}>
      {problem !== null && <p role="alert" className="notice bad">{sentence(problem.title, problem.cashierMessage)}</p>}
      {levels === null && problem === null && <p className="muted">{text.loading}</p>}
      {levels !== null && (
        <dl className="totals">
          {levels.map(({ location, available }) => (
            <div key={location}><dt>{location}</dt><dd>{available}</dd></div>
          ))}
        </dl>
      )}
    </Dialog>
  );
}

import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { Button, Icon, LazyPart } from "../core/ui";
import { discountText } from "./discount";
import { DiscountDialog, StockDialog } from "./lazy-parts";
import { MAX_QUANTITY, setLine, type Line, type Sale } from "./sale";

interface BasketProps {
  sale: Sale;
  currency: string;
  onEdit: (change: (sale: Sale) => Sale) => void;
}

/** The lines of a sale. */
export function Basket({ sale, currency, onEdit }: BasketProps): React.ReactNode {
  const { text, code } = useLanguage();
  const [discounted, setDiscounted] = useState<number | null>(null);
  const [stocked, setStocked] = useState<Line | null>(null);
  const change = (index: number, changes: Partial<Line>): void => onEdit((current) => setLine(current, index, changes));
  const line = discounted === null ? undefined : sale.lines[discounted];
  if (sale.lines.length === 0) return <p className="empty">{text.till.empty}</p>;
  return (
    <>
      <table className="basket">
        <thead>
          <tr>
            <th scope="col">{text.till.product}</th>
            <th scope="col">{text.till.quantity}</th>
            <th scope="col" className="number">{text.till.price}</th>
            <th scope="col" className="number">{text.till.total}</th>
            <th scope="col"><span className="visually-hidden">{text.till.discount}</span></th>
          </tr>
        </thead>
        <tbody>
          {sale.lines.map((row, index) => (
            <tr key={`${row.sku}-${index}`}>
              <td>
                <span className="name">{row.name}</span> <small>{row.sku}</small>
                {row.discount !== null && <span className="tag">−{discountText(row.discount, currency, code)}</span>}
              </td>
              <td className="quantity">
                <Button onClick={() => change(index, { quantity: row.quantity - 1 })} aria-label={text.till.less(row.name)}>−</Button>
                <input
                  aria-label={`${text.till.quantity}: ${row.name}`}
                  inputMode="numeric"
                  value={row.quantity}
                  onFocus={(event) => event.target.select()}
                  onChange={(event) => {
                    const quantity = Number(event.target.value);
                    if (Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY) change(index, { quantity });
                  }}
                />
                <Button onClick={() => change(index, { quantity: Math.min(row.quantity + 1, MAX_QUANTITY) })} aria-label={text.till.more(row.name)}>+</Button>
              </td>
              <td className="number">{format(row.unitPrice, currency, code)}</td>
              <td className="number">{format(row.unitPrice * row.quantity, currency, code)}</td>
              <td className="actions">
                <Button kind="quiet" onClick={() => setStocked(row)} aria-label={text.till.stock(row.name)}><Icon name="stock" /></Button>
                <Button kind="quiet" onClick={() => setDiscounted(index)} aria-label={text.till.lineDiscount(row.name)}>%</Button>
                <Button kind="quiet" onClick={() => change(index, { quantity: 0 })} aria-label={text.till.remove(row.name)}><Icon name="cross" /></Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {stocked !== null && <LazyPart key={stocked.sku}><StockDialog line={stocked} onClose={() => setStocked(null)} /></LazyPart>}
      {line !== undefined && discounted !== null && (
        <LazyPart>
          <DiscountDialog
            title={text.till.lineDiscount(line.name)}
            discount={line.discount}
            currency={currency}
            onApply={(discount) => {
              change(discounted, { discount });
              setDiscounted(null);
            }}
            onClose={() => setDiscounted(null)}
          />
        </LazyPart>
      )}
    </>
  );
}

import { useCallback, useEffect, useRef, useState } from "react";
import { useLanguage } from "../core/i18n";
import { preferences, usePreferences } from "../core/preferences";
import { useShop } from "../core/shop";
import { LazyPart } from "../core/ui";
import { OfflineNotice } from "../offline/offline-notice";
import { useReadiness } from "../offline/use-readiness";
import { useSync } from "../offline/use-sync";
import { Basket } from "./basket";
import { Receipt } from "./lazy-parts";
import { addProduct, newSale } from "./sale";
import { editSale, setSale, useSale } from "./sale-store";
import { ScanBox } from "./scan-box";
import { Summary } from "./summary";
import { useCatalog } from "./use-catalog";
import { useCheckout } from "./use-checkout";
import type { Product } from "../core/responses";

/** The till: scan, basket, payment, receipt. */
export function TillPage({ onLock }: { onLock: () => void }): React.ReactNode {
  const { config, person } = useShop();
  const sale = useSale();
  const { register, location: chosen } = usePreferences();
  const location = person.location === "" ? chosen : person.location;
  const catalog = useCatalog();
  const checkout = useCheckout({ location, register, currency: config.currency }, sale.orderId);
  const readiness = useReadiness();
  useSync();
  const [notice, setNotice] = useState("");
  const scanBox = useRef<HTMLInputElement>(null);
  const { text, date } = useLanguage();
  const focusScan = useCallback(() => scanBox.current?.focus(), []);

  const add = useCallback((product: Product) => {
    const refusal = catalog.needsLabel(product) ? text.till.needsLabel(product.name)
      : product.prices[config.currency] === undefined ? text.till.noPrice(product.name) : "";
    setNotice(refusal);
    if (refusal === "") editSale((current) => addProduct(current, product, config.currency));
  }, [catalog, config.currency, text]);

  const scan = useCallback(async (code: string) => {
    const product = catalog.find(code) ?? (await catalog.findRemotely(code));
    if (product === undefined) setNotice(text.till[catalog.refusalOf(code)](code));
    else add(product);
  }, [catalog, add, text]);

  const next = useCallback(() => {
    setSale(newSale(preferences().register));
    setNotice("");
  }, []);

  // The box has the focus again after each change of the basket.
  useEffect(focusScan, [focusScan, sale.lines, sale.orderId]);

  if (sale.sold !== null) return <LazyPart><Receipt order={sale.sold} onNext={next} /></LazyPart>;
  return (
    <div className="till-grid">
      <h1 className="visually-hidden">{text.pages.till}</h1>
      <section className="till-main">
        <OfflineNotice />
        <ScanBox input={scanBox} search={catalog.search} onScan={scan} onChoose={add} />
        <p role="status" className={notice === "" ? "visually-hidden" : "notice bad"}>{notice}</p>
        <Basket sale={sale} currency={config.currency} onEdit={editSale} />
        <p className="muted small">
          {text.till.catalog(catalog.size, catalog.readAt === null ? "" : date(new Date(catalog.readAt).toISOString()))}
          {readiness === "stored" && catalog.readAt !== null && config.offline_limit > 0 && `. ${text.offline.ready}`}
        </p>
      </section>
      <Summary
        sale={sale}
        place={{ location, register, currency: config.currency }}
        checkout={checkout}
        catalog={catalog}
        isLoaded={readiness !== "loading"}
        onDone={focusScan}
        onDiscard={next}
        onLock={onLock}
      />
    </div>
  );
}

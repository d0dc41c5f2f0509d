import type { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";

/** The sentence of a refusal in the language of the till. */
export function RefusalNotice({ problem }: { problem: Problem }): React.ReactNode {
  const language = useLanguage();
  return (
    <p role="alert" className="notice bad">
      <strong>{language.text.till.refused}</strong> {language.problem(problem.title, problem.cashierMessage)}
    </p>
  );
}

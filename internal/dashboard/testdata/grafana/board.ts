// What Grafana's schema says of a dashboard, with its enums as their words, since that is how a file has them. The test
// adds the dashboard as a literal, so that a key that Grafana does not know is an error.
import type { AnnotationQuery, Dashboard, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type {
  FieldConfig as LinesField, Options as Lines,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';

type Words<T> = T extends string ? `${T}` : T extends (infer E)[] ? Words<E>[] : T extends object ? { [K in keyof T]: Words<T[K]> } : T;

type Field<Custom> = { defaults: Omit<Words<FieldConfig>, 'custom'> & { custom?: Words<Custom> }; overrides: [] };
type Common = Omit<Words<Panel>, 'type' | 'options' | 'fieldConfig'>;
type AnyPanel =
  | (Common & { type: 'timeseries'; options: Partial<Words<Lines>>; fieldConfig: Field<LinesField> })
  | (Common & { type: 'stat'; options: Partial<Words<Stat>>; fieldConfig: Field<{}> })
  | (Omit<Words<RowPanel>, 'panels'> & { panels: [] });

// Variables and annotations say more for their kind than the schema has.
type Variable = Words<VariableModel> & { datasource?: unknown; definition?: string };
type Annotation = Partial<Words<AnnotationQuery>> & { titleFormat?: string; textFormat?: string; step?: string; expr?: string };

export type Board = Omit<Words<Dashboard>, 'panels' | 'templating' | 'annotations'> & {
  panels: AnyPanel[];
  templating: { list: Variable[] };
  annotations: { list: Annotation[] };
};

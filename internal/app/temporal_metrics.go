package app

import (
	"fmt"

	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/outreach-engine/outreach/internal/metrics"
)

// temporalFigures has the figures of Temporal's SDK, temporal_..., told beside
// ours. Their labels are names of queues, types and operations.
func temporalFigures(m *metrics.Metrics) (client.MetricsHandler, error) {
	exporter, err := prometheus.New(prometheus.WithRegisterer(m.Registerer()), prometheus.WithoutScopeInfo(), prometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("figures of temporal's sdk: %w", err)
	}
	inSeconds := metric.NewView(metric.Instrument{Kind: metric.InstrumentKindHistogram}, metric.Stream{
		Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}},
	})
	meter := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithView(inSeconds)).Meter("temporal")
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: meter}), nil
}

// Package meter is what Prometheus sees of a service: how it stands, what it answers, and how soon it hears. Its labels name
// services, speakers, routes, loops and clocks; never a path, an id or anything of a person.
package meter

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.org/waypost/pkg/standing"
)

// Meter is one service's.
type Meter struct {
	registry *prometheus.Registry
	into     prometheus.Registerer
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	delay    *prometheus.HistogramVec
}

// New makes the meter of a service; its name stands on everything.
func New(service string) *Meter {
	m := &Meter{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_http_requests_total", Help: "Requests answered, by route and class of status.",
		}, []string{"route", "class"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waypost_http_request_seconds", Help: "From the request's head to its answer; open streams are left out.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waypost_event_delay_seconds", Help: "From when a speaker said something until it was applied here.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 600},
		}, []string{"speaker"}),
	}
	m.into = prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, m.registry)
	m.into.MustRegister(m.requests, m.took, m.delay)
	return m
}

// Answered notes a request that was answered; took is negative for a stream, which is as long as somebody looked.
func (m *Meter) Answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Inc()
	if took >= 0 {
		m.took.WithLabelValues(route).Observe(took.Seconds())
	}
}

// Applied notes that an event was applied so long after it was said.
func (m *Meter) Applied(speaker string, delay time.Duration) {
	m.delay.WithLabelValues(speaker).Observe(delay.Seconds())
}

// Watch has the service's state read whenever somebody scrapes, and what its connections to the database do.
func (m *Meter) Watch(read func(ctx context.Context) standing.State, pool func() *pgxpool.Stat) {
	m.into.MustRegister(newStateCollector(read), &poolCollector{pool})
}

// Gather is everything that is known of the service.
func (m *Meter) Gather() prometheus.Gatherer { return m.registry }

// Process is what Go and the operating system tell of this process, under the name of what runs in it.
func Process(name string) prometheus.Gatherer {
	r := prometheus.NewRegistry()
	prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, r).
		MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Handler answers a scrape with all of them. What one can not tell does not keep the others from telling.
func Handler(all ...prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(prometheus.Gatherers(all), promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

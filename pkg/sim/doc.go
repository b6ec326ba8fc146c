// Package sim plays the relay and the readers against a store and a stream in memory that fail at every step, each seed in its own way.
package sim

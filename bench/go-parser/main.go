// Times Prometheus's own parser on the pages of one file: `go-parser MODE FILE ROUNDS`.
//
// FILE holds pages one after another, each after its length as a big-endian uint32. MODE is `cached`, what a scrape of a
// known target does (the series' bytes are looked up, and labels built of those that were not on the page before), or
// `labels`, all built. Prints one line a round: nanoseconds and samples.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// What scrape/scrape.go remembers of a series; its scrapeCache forgets those that are not on a page, and so does this.
type remembered struct {
	lastPage uint64
	hash     uint64
}

func main() {
	mode, rounds := os.Args[1], 1
	rounds, _ = strconv.Atoi(os.Args[3])
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	var pages [][]byte
	for at := 0; at < len(data); {
		length := int(binary.BigEndian.Uint32(data[at:]))
		pages = append(pages, data[at+4:at+4+length])
		at += 4 + length
	}
	cache := map[string]*remembered{}
	pageCount := uint64(0)
	symbols := labels.NewSymbolTable()
	for round := 0; round < rounds; round++ {
		start := time.Now()
		samples := 0
		sum := 0.0
		for _, page := range pages {
			parser := textparse.NewPromParser(page, symbols, false)
			for {
				entry, err := parser.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					panic(err)
				}
				if entry != textparse.EntrySeries {
					continue
				}
				series, _, value := parser.Series()
				if mode == "cached" {
					if known, ok := cache[string(series)]; ok {
						known.lastPage = pageCount
					} else {
						var built labels.Labels
						parser.Labels(&built)
						cache[string(series)] = &remembered{pageCount, built.Hash()}
					}
				} else {
					var built labels.Labels
					parser.Labels(&built)
				}
				samples++
				if value == value {
					sum += value
				}
			}
			for series, known := range cache {
				if known.lastPage != pageCount {
					delete(cache, series)
				}
			}
			pageCount++
		}
		fmt.Println(time.Since(start).Nanoseconds(), samples)
	}
}

// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	perPageDefault = 30
	perPageMost    = 100
)

// paged gives the page that the request asks for and sets the Link header. Like GitHub it cuts per_page at 100,
// but a client that asks for more believes in pages that it will not get: that is recorded.
func paged[T any](c *call, all []T) []T {
	q := c.r.URL.Query()
	per, page := number(q, "per_page", perPageDefault), number(q, "page", 1)
	if per > perPageMost {
		c.violate("per-page-above-100", fmt.Sprintf("per_page is %d: GitHub silently gives %d", per, perPageMost))
		per = perPageMost
	}
	last := max(1, (len(all)+per-1)/per)
	c.linkHeader(q, page, last)
	from := min((page-1)*per, len(all))
	return all[from:min(from+per, len(all))]
}

func (c *call) linkHeader(q url.Values, page, last int) {
	var links []string
	add := func(rel string, n int) {
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf("<%s%s%s?%s>; rel=%q", c.s.opts.ExternalURL, c.prefix, c.path, q.Encode(), rel))
	}
	if page > 1 {
		add("prev", min(page-1, last))
	}
	if page < last {
		add("next", page+1)
		add("last", last)
	}
	if page > 1 {
		add("first", 1)
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
}

func number(q url.Values, name string, otherwise int) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// idParam reads a numeric path parameter, which the document has already judged.
func (c *call) idParam(name string) int64 {
	n, _ := strconv.ParseInt(c.params[name], 10, 64) // 0 is nobody's id
	return n
}

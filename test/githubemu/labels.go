// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func listRepoLabels(c *call) (*reply, error) {
	return ok(paged(c, c.s.labelsJSON(c.repo, c.repo.labels)))
}

func createLabel(c *call) (*reply, error) {
	var in struct{ Name, Color string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, l := range c.repo.labels {
		if strings.EqualFold(l.name, in.Name) {
			return nil, unprocessable("Label", "name", "already_exists", "")
		}
	}
	l := c.s.label(c.repo, in.Name)
	if in.Color != "" {
		l.color = in.Color
	}
	return created(c.s.labelJSON(c.repo, l))
}

func listLabels(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	return ok(paged(c, c.s.labelsJSON(c.repo, p.labels)))
}

// labelNames reads the body's labels: names, or objects with a name.
func (c *call) labelNames() ([]string, error) {
	var in struct{ Labels []json.RawMessage }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	var names []string
	for _, raw := range in.Labels {
		var name string
		var object struct{ Name string }
		if json.Unmarshal(raw, &name) != nil {
			if err := json.Unmarshal(raw, &object); err != nil {
				return nil, err
			}
			name = object.Name
		}
		names = append(names, name)
	}
	return names, nil
}

func addLabels(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	names, err := c.labelNames()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		c.s.addLabel(c.ctx, c.repo, p, c.s.sender(c.actor), name)
	}
	return ok(c.s.labelsJSON(c.repo, p.labels))
}

// setLabels replaces all labels; without a body it removes them all.
func setLabels(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	names, err := c.labelNames()
	if err != nil {
		return nil, err
	}
	sender := c.s.sender(c.actor)
	for _, l := range slices.Clone(p.labels) {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, l.name) }) {
			c.s.dropLabel(c.ctx, c.repo, p, sender, l.name)
		}
	}
	for _, name := range names {
		c.s.addLabel(c.ctx, c.repo, p, sender, name)
	}
	if c.r.Method == http.MethodDelete {
		return noContent()
	}
	return ok(c.s.labelsJSON(c.repo, p.labels))
}

func removeLabel(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	if !c.s.dropLabel(c.ctx, c.repo, p, c.s.sender(c.actor), c.params["name"]) {
		return nil, &apiError{status: http.StatusNotFound, message: "Label does not exist"}
	}
	return ok(c.s.labelsJSON(c.repo, p.labels))
}

// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// deliveriesKept is how long GitHub remembers deliveries.
const deliveriesKept = 3 * 24 * time.Hour

func (s *Server) hookJSON(r *repo, h *hook) obj {
	self := s.api(fmt.Sprintf("/repos/%s/hooks/%d", r.fullName(), h.id))
	last := obj{"code": nil, "status": "unused", "message": nil}
	if n := len(h.deliveries); n > 0 {
		d := h.deliveries[n-1]
		last = obj{"code": d.code, "status": "active", "message": d.status}
	}
	return obj{
		"type": "Repository", "id": h.id, "name": "web", "active": h.active, "events": h.events, "config": h.config(),
		"updated_at": stamp(h.created), "created_at": stamp(h.created), "url": self, "test_url": self + "/test",
		"ping_url": self + "/pings", "deliveries_url": self + "/deliveries", "last_response": last,
	}
}

func (h *hook) config() obj {
	j := obj{"content_type": "json", "url": h.url, "insecure_ssl": "0"}
	if h.secret != "" {
		j["secret"] = "********"
	}
	return j
}

func (c *call) hook() (*hook, *apiError) {
	id := c.idParam("hook_id")
	for _, h := range c.repo.hooks {
		if h.id == id {
			return h, nil
		}
	}
	return nil, errNotFound
}

func listHooks(c *call) (*reply, error) {
	out := []any{}
	for _, h := range c.repo.hooks {
		out = append(out, c.s.hookJSON(c.repo, h))
	}
	return ok(paged(c, out))
}

func getHook(c *call) (*reply, error) {
	h, refusal := c.hook()
	if refusal != nil {
		return nil, refusal
	}
	return ok(c.s.hookJSON(c.repo, h))
}

func createHook(c *call) (*reply, error) {
	var in struct {
		Active *bool
		Events []string
		Config struct{ URL, Secret string }
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Config.URL == "" {
		return nil, unprocessable("Hook", "config[url]", "missing_field", "").named("missing-field:config.url")
	}
	if in.Events == nil {
		in.Events = []string{"push"}
	}
	for _, h := range c.repo.hooks {
		if h.url == in.Config.URL {
			return nil, unprocessable("Hook", "", "custom", "Hook already exists on this repository")
		}
	}
	h := &hook{id: c.s.id(), url: in.Config.URL, secret: in.Config.Secret, events: in.Events, active: in.Active == nil || *in.Active, created: c.s.now()}
	c.repo.hooks = append(c.repo.hooks, h)
	c.s.emitPing(c.ctx, c.repo, h, c.s.sender(c.actor))
	return created(c.s.hookJSON(c.repo, h))
}

func deleteHook(c *call) (*reply, error) {
	h, refusal := c.hook()
	if refusal != nil {
		return nil, refusal
	}
	c.repo.hooks = slices.DeleteFunc(c.repo.hooks, func(o *hook) bool { return o == h })
	return noContent()
}

func (d *sent) item() obj {
	j := obj{
		"id": d.id, "guid": d.guid, "delivered_at": stamp(d.at), "redelivery": d.redelivery, "duration": d.duration, "status": d.status,
		"status_code": d.code, "event": d.event, "action": textOrNull(d.action), "installation_id": nil, "repository_id": nil, "throttled_at": nil,
	}
	if d.installID != 0 {
		j["installation_id"] = d.installID
	}
	if d.repoID != 0 {
		j["repository_id"] = d.repoID
	}
	return j
}

func (d *sent) json() (obj, error) {
	var payload obj
	if err := json.Unmarshal(d.payload, &payload); err != nil {
		return nil, fmt.Errorf("delivery %d: %w", d.id, err)
	}
	j := d.item()
	j["url"] = ""
	j["request"] = obj{"headers": d.headers, "payload": payload}
	j["response"] = obj{"headers": d.answer, "payload": textOrNull(d.body)}
	return j, nil
}

// list is newest first; the cursor is the id of the first entry of the next page.
func (c *call) list(h *hook) (*reply, error) {
	q := c.r.URL.Query()
	per := min(number(q, "per_page", perPageDefault), perPageMost)
	cursor, _ := strconv.ParseInt(q.Get("cursor"), 10, 64) // none, when absent
	out := []any{}
	for _, d := range slices.Backward(h.deliveries) {
		bad := d.code < http.StatusOK || d.code >= http.StatusBadRequest
		old := c.s.clock.Since(d.at) > deliveriesKept
		if old || cursor != 0 && d.id > cursor || q.Get("status") == "success" && bad || q.Get("status") == "failure" && !bad {
			continue
		}
		if len(out) == per {
			q.Set("cursor", fmt.Sprint(d.id))
			c.header.Set("Link", fmt.Sprintf("<%s%s%s?%s>; rel=\"next\"", c.s.opts.ExternalURL, c.prefix, c.path, q.Encode()))
			break
		}
		out = append(out, d.item())
	}
	return ok(out)
}

func (c *call) delivery(h *hook) (*sent, *apiError) {
	id := c.idParam("delivery_id")
	for _, d := range h.deliveries {
		if d.id == id && c.s.clock.Since(d.at) <= deliveriesKept {
			return d, nil
		}
	}
	return nil, errNotFound
}

func (c *call) one(h *hook) (*reply, error) {
	d, refusal := c.delivery(h)
	if refusal != nil {
		return nil, refusal
	}
	j, err := d.json()
	if err != nil {
		return nil, err
	}
	return ok(j)
}

func (c *call) again(h *hook) (*reply, error) {
	d, refusal := c.delivery(h)
	if refusal != nil {
		return nil, refusal
	}
	c.s.again(c.ctx, h, d)
	return &reply{status: http.StatusAccepted, body: obj{}}, nil
}

func listDeliveries(c *call) (*reply, error) { return c.withHook(c.list) }
func getDelivery(c *call) (*reply, error)    { return c.withHook(c.one) }
func redeliver(c *call) (*reply, error)      { return c.withHook(c.again) }

func (c *call) withHook(do func(*hook) (*reply, error)) (*reply, error) {
	h, refusal := c.hook()
	if refusal != nil {
		return nil, refusal
	}
	return do(h)
}

func (c *call) withAppHook(do func(*hook) (*reply, error)) (*reply, error) {
	if c.actor.app.hook == nil {
		return nil, errNotFound
	}
	return do(c.actor.app.hook)
}

func getAppHookConfig(c *call) (*reply, error) {
	return c.withAppHook(func(h *hook) (*reply, error) { return ok(h.config()) })
}
func listAppDeliveries(c *call) (*reply, error) { return c.withAppHook(c.list) }
func getAppDelivery(c *call) (*reply, error)    { return c.withAppHook(c.one) }
func redeliverApp(c *call) (*reply, error)      { return c.withAppHook(c.again) }

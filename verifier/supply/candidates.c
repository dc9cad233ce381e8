/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/candidates.h"

#include <string.h>

#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"

void assay_places_fini(struct assay_places *places)
{
	assay_strings_fini(&places->bases);
	assay_strings_fini(&places->proxies.settings);
}

static bool begins(const char *text, const char *prefix)
{
	return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static void add(struct assay_strings *out, const char *text)
{
	if (!assay_strings_has(out, text))
		assay_strings_add(out, text);
}

/* Characters that a URL's path cannot have are %XX; '+', ':' and '~' of Debian's names can stay. */
static void add_escaped(struct assay_buffer *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/-._~+:@!$&'()*,;=";

	for (; *path != '\0'; path++) {
		if (strchr(plain, *path) != NULL)
			assay_buffer_add(out, path, 1);
		else
			assay_buffer_printf(out, "%%%02X", (unsigned)(uint8_t)*path);
	}
}

/* file:/path, file:///path and file://localhost/path. sources.list(5) has the first two */
static const char *path_of_file_url(const char *url)
{
	const char *path = url + strlen("file:");

	if (strncmp(path, "//", 2) == 0)
		path += 2;
	if (begins(path, "localhost/"))
		path += strlen("localhost");
	return *path == '/' ? path : NULL;
}

static int add_below_base(const char *base, const char *path, struct assay_strings *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer url = { 0 };
	const char *local = begins(base, "file:") ? path_of_file_url(base) : NULL;

	if (local != NULL) {
		assay_buffer_printf(&url, "%s/%s", local, path);
	} else if (begins(base, "http://") || begins(base, "https://")) {
		assay_buffer_printf(&url, "%s/", base);
		add_escaped(&url, path);
	} else {
		return 0; /* cdrom:, ssh:, tor+http: are for apt alone */
	}
	add(out, assay_buffer_str(&url));
	return 1;
}

static int add_debian(struct assay_places *places, const char *path, struct assay_strings *out,
                      struct assay_error *err)
{
	int usable = 0;

	if (assay_rule_relative_path(path) != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "\"debian:\" wants a path below a mirror");
	if (!places->bases_known && assay_apt_bases(&places->bases, err) < 0)
		return -1;
	places->bases_known = true;
	for (size_t i = 0; i < places->bases.count; i++)
		usable += add_below_base(places->bases.items[i], path, out);
	if (usable == 0)
		return assay_fail(err, ASSAY_E_TOOL,
		                  "none of apt's sources is of the kind http, https or file");
	return 0;
}

static int add_hint(struct assay_places *places, const char *hint, struct assay_strings *out,
                    struct assay_error *err)
{
	size_t scheme = strcspn(hint, ":/");
	const char *path = hint;

	if (begins(hint, "debian:"))
		return add_debian(places, hint + strlen("debian:"), out, err);
	if (begins(hint, "http://") || begins(hint, "https://")) {
		add(out, hint);
		return 0;
	}
	if (begins(hint, "file:"))
		path = path_of_file_url(hint);
	else if (hint[scheme] == ':')
		path = NULL;
	if (path == NULL || *path == '\0')
		return assay_fail(err, ASSAY_E_USAGE,
		                  "neither debian:, http:, https:, file: nor a "
		                  "path");
	if (*path == '/' || places->folder == NULL) {
		add(out, path);
	} else {
		ASSAY_AUTO_FREE char *full = assay_asprintf("%s/%s", places->folder, path);

		add(out, full);
	}
	return 0;
}

int assay_candidates(struct assay_places *places, const struct assay_fetch_item *item,
                     struct assay_strings *out, struct assay_error *err)
{
	for (size_t i = 0; i < item->from_count; i++) {
		ASSAY_AUTO_FREE char *quoted = assay_quoted(item->from[i]);

		if (add_hint(places, item->from[i], out, err) < 0)
			return assay_fail_in(err, "%s", quoted);
	}
	return 0;
}

const char *assay_places_proxy(struct assay_places *places, const char *url)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;

	/* A machine without apt has no settings of apt: the environment's proxies are used. */
	if (!places->proxies_known && assay_apt_proxies(&places->proxies, &ignored) < 0)
		assay_strings_fini(&places->proxies.settings);
	places->proxies_known = true;
	return assay_apt_proxy_for(&places->proxies, url);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/apt.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"

#define OUTPUT_MAX (UINT64_C(64) << 20) /* bytes */
#define ASK_MS 60000                    /* apt answers such questions in milliseconds */
#define MIRROR_LIST_MAX (UINT64_C(1) << 20)

static const char *const kept_variables[] = { "APT_CONFIG", "http_proxy",  "https_proxy",
	                                      "HTTP_PROXY", "HTTPS_PROXY", "no_proxy",
	                                      "NO_PROXY",   "all_proxy",   "ALL_PROXY",
	                                      NULL };

int assay_apt_run(const struct assay_strings *argv, uint64_t timeout_ms, struct assay_buffer *out,
                  struct assay_error *err)
{
	const struct assay_process process = { .argv = (const char *const *)argv->items,
		                               .keep = kept_variables,
		                               .timeout_ms = timeout_ms,
		                               .output_max = OUTPUT_MAX };

	return assay_process_run(&process, out, err);
}

/* Cut "'BASE/dists/SUITE/InRelease' …" to BASE. Return: NULL for a line of another kind */
static char *base_of_line(const char *line)
{
	size_t len = strcspn(line + 1, "'\n");
	ASSAY_AUTO_FREE char *uri = assay_strndup(line + (*line != '\0'), *line != '\0' ? len : 0);
	char *end = strstr(uri, "/dists/");

	if (*line != '\'')
		return NULL;
	if (end == NULL) /* a flat repository: BASE/FOLDER/InRelease */
		end = strrchr(uri, '/');
	if (end == NULL)
		return NULL;
	*end = '\0';
	while (end > uri && (end[-1] == '/' || (end[-1] == '.' && end > uri + 1 && end[-2] == '/')))
		*--end = '\0';
	return assay_steal(&uri);
}

int assay_apt_mirrors(const struct assay_strings *more, struct assay_strings *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings argv = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_strings_add(&argv, "apt-get");
	for (size_t i = 0; more != NULL && i < more->count; i++)
		assay_strings_add(&argv, more->items[i]);
	assay_strings_add(&argv, "--print-uris");
	assay_strings_add(&argv, "update");
	if (assay_apt_run(&argv, ASK_MS, &text, err) < 0)
		return assay_fail_in(err, "cannot ask apt for its mirrors");
	for (const char *line = assay_buffer_str(&text); *line != '\0';) {
		ASSAY_AUTO_FREE char *base = base_of_line(line);

		if (base != NULL && !assay_strings_has(out, base))
			assay_strings_add(out, base);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (out->count == 0)
		return assay_fail(err, ASSAY_E_TOOL,
		                  "apt has no sources; see sources.list(5) for how to add some");
	return 0;
}

/* Each line: a URI, then perhaps a tab and options; # begins a comment. */
static int add_mirror_list(const char *path, struct assay_strings *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (assay_file_read(AT_FDCWD, path, MIRROR_LIST_MAX, &text, err) < 0)
		return assay_fail_in(err, "apt's list of mirrors");
	for (const char *line = (const char *)text.ptr; *line != '\0';) {
		size_t len = strcspn(line, " \t\r\n#");
		ASSAY_AUTO_FREE char *base = assay_strndup(line, len);

		while (len > 0 && base[len - 1] == '/')
			base[--len] = '\0';
		if (len > 0 && !assay_strings_has(out, base))
			assay_strings_add(out, base);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}

int assay_apt_bases(struct assay_strings *out, struct assay_error *err)
{
	static const char list[] = "mirror+file:";
	ASSAY_AUTO_STRINGS struct assay_strings mirrors = { 0 };

	if (assay_apt_mirrors(NULL, &mirrors, err) < 0)
		return -1;
	for (size_t i = 0; i < mirrors.count; i++) {
		const char *base = mirrors.items[i];

		if (strncmp(base, list, strlen(list)) != 0) {
			assay_strings_add(out, base);
			continue;
		}
		base += strlen(list);
		base += strncmp(base, "//", 2) == 0 ? 2 : 0;
		if (add_mirror_list(base, out, err) < 0)
			return -1;
	}
	return 0;
}

int assay_apt_proxies(struct assay_apt_proxies *out, struct assay_error *err)
{
	static const char *const argv[] = { "apt-config", "dump", "--format", "%F=%v%n" };
	ASSAY_AUTO_STRINGS struct assay_strings args = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(argv); i++)
		assay_strings_add(&args, argv[i]);
	if (assay_apt_run(&args, ASK_MS, &text, err) < 0)
		return assay_fail_in(err, "cannot ask apt for its proxies");
	for (const char *line = assay_buffer_str(&text); *line != '\0';) {
		static const char prefix[] = "Acquire::";
		size_t len = strcspn(line, "\n");

		if (strncasecmp(line, prefix, strlen(prefix)) == 0)
			assay_strings_printf(&out->settings, "%.*s", (int)(len - strlen(prefix)),
			                     line + strlen(prefix));
		line += len;
		line += *line == '\n';
	}
	return 0;
}

static const char *setting(const struct assay_apt_proxies *proxies, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < proxies->settings.count; i++) {
		const char *item = proxies->settings.items[i];

		if (strncasecmp(item, name, len) == 0 && item[len] == '=' && item[len + 1] != '\0')
			return item + len + 1;
	}
	return NULL;
}

const char *assay_apt_proxy_for(const struct assay_apt_proxies *proxies, const char *url)
{
	size_t scheme = strcspn(url, ":");
	const char *host = strncmp(url + scheme, "://", 3) == 0 ? url + scheme + 3 : url;
	size_t host_len = strcspn(host, ":/");
	const char *found = NULL;

	/* As apt: the host's own setting first; https falls back on what is set for http. */
	for (int plain = 0; found == NULL && plain < 2; plain++) {
		ASSAY_AUTO_FREE char *general = assay_asprintf(
			"%.*s::Proxy", plain ? 4 : (int)scheme, plain ? "http" : url);
		ASSAY_AUTO_FREE char *own =
			assay_asprintf("%s::%.*s", general, (int)host_len, host);

		found = setting(proxies, own);
		if (found == NULL)
			found = setting(proxies, general);
	}
	return found;
}

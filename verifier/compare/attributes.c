/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/attributes.h"

#include <errno.h>
#include <sys/xattr.h>

#include "base/memory.h"
#include "base/quote.h"
#include "base/strings.h"

#define VALUE_MAX ((size_t)1 << 16) /* bytes; XATTR_SIZE_MAX of the kernel */

static int add_value(const char *path, const char *name, struct assay_strings *list,
                     struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *value = assay_calloc(VALUE_MAX, 1);
	ASSAY_AUTO_BUFFER struct assay_buffer line = { 0 };
	ssize_t len = lgetxattr(path, name, value, VALUE_MAX);

	if (len < 0)
		return assay_fail_errno(err, "extended attribute %s", name);
	assay_quote(&line, assay_span_of_str(name));
	assay_buffer_add_str(&line, "=0x");
	assay_buffer_add_hex(&line, assay_span_of(value, (size_t)len));
	assay_strings_add(list, assay_buffer_str(&line));
	return 0;
}

int assay_attributes_read(const char *path, struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings list = { 0 };
	ASSAY_AUTO_FREE char *names = NULL;
	ssize_t len = llistxattr(path, NULL, 0);

	if (len == 0 || (len < 0 && (errno == ENOTSUP || errno == EPERM)))
		return 0;
	names = assay_calloc(VALUE_MAX, 1);
	len = llistxattr(path, names, VALUE_MAX);
	if (len < 0)
		return assay_fail_errno(err, "extended attributes");
	for (ssize_t i = 0; i < len; i += (ssize_t)strlen(names + i) + 1)
		if (add_value(path, names + i, &list, err) < 0)
			return -1;
	assay_strings_sort(&list);
	for (size_t i = 0; i < list.count; i++)
		assay_buffer_printf(out, "%s%s", i > 0 ? " " : "", list.items[i]);
	return 0;
}

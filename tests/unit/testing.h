/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmocka wants these headers before its own. */
#ifndef ASSAY_TESTS_UNIT_TESTING_H
#define ASSAY_TESTS_UNIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif

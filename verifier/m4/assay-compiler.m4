dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl What the compiler is asked for, one macro each. Every flag is probed, so that clang takes its subset.

dnl ASSAY_TRY_CFLAG(VARIABLE, FLAG): append FLAG to VARIABLE if the compiler takes it.
AC_DEFUN([ASSAY_TRY_CFLAG], [
	AS_VAR_PUSHDEF([cache], [assay_cv_cflag_$2])
	AC_CACHE_CHECK([whether $CC accepts $2], [cache], [
		assay_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$assay_saved_cflags])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cache])])

AC_DEFUN([ASSAY_COMPILER_WARNINGS], [
	WARN_CFLAGS=
	m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wmissing-declarations -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align
		-Wwrite-strings -Wredundant-decls -Wnested-externs -Wundef -Wvla -Walloca
		-Wformat=2 -Wformat-signedness -Winit-self -Wlogical-op -Wduplicated-cond
		-Wduplicated-branches -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum
		-Wdouble-promotion -Wunused -Wno-missing-field-initializers],
		[ASSAY_TRY_CFLAG([WARN_CFLAGS], flag)])
	AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([ASSAY_COMPILER_HARDENING], [
	HARDEN_CFLAGS=
	HARDEN_LDFLAGS="-Wl,-z,relro -Wl,-z,now -Wl,--as-needed"
	m4_foreach_w([flag], [-std=gnu17 -fstack-protector-strong -fstack-clash-protection -fcf-protection
		-fno-strict-aliasing],
		[ASSAY_TRY_CFLAG([HARDEN_CFLAGS], flag)])
	AC_SUBST([HARDEN_CFLAGS])
	AC_SUBST([HARDEN_LDFLAGS])])

AC_DEFUN([ASSAY_ENABLE_WERROR], [
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])])
	AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])])

dnl Fuzzers without sanitizers find little: they bring the default list with them.
AC_DEFUN([ASSAY_ENABLE_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
		[build with sanitizers (default list: address,undefined)])],
		[], [enable_sanitizers=${enable_fuzzers-no}])
	AS_CASE([$enable_sanitizers], [no], [assay_san=], [yes], [assay_san=address,undefined],
		[assay_san=$enable_sanitizers])
	SANITIZER_CFLAGS=
	AS_IF([test -n "$assay_san"],
		[SANITIZER_CFLAGS="-fsanitize=$assay_san -fno-sanitize-recover=all -fno-omit-frame-pointer -g"],
		[test "x$enable_coverage" != xyes],
		[SANITIZER_CFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
	AM_CONDITIONAL([SANITIZERS], [test -n "$assay_san"])
	AC_SUBST([SANITIZER_CFLAGS])])

AC_DEFUN([ASSAY_ENABLE_COVERAGE], [
	AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for `make coverage' (gcov)])])
	COVERAGE_CFLAGS=
	AS_IF([test "x$enable_coverage" = xyes], [COVERAGE_CFLAGS="--coverage -O0 -g"])
	AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" = xyes])
	AC_SUBST([COVERAGE_CFLAGS])])

AC_DEFUN([ASSAY_ENABLE_FUZZERS], [
	AC_ARG_ENABLE([fuzzers], [AS_HELP_STRING([--enable-fuzzers], [build libFuzzer programs (clang)])])
	AS_IF([test "x$enable_fuzzers" = xyes],
		[SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fsanitize=fuzzer-no-link"
		 AS_IF([test -n "$LIB_FUZZING_ENGINE"], [], [LIB_FUZZING_ENGINE=-fsanitize=fuzzer])])
	AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
	AC_SUBST([LIB_FUZZING_ENGINE])])

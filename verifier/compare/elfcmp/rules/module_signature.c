/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/module-signature: the signature at the end of a kernel module.
 *
 * The key that signs is the vendor's, so no rebuild has the same value, and one made in a lab
 * often has none. The kernel cuts the signature off and verifies it before it looks at anything
 * else of the module (kernel/module/signing.c, module_sig_check); nothing in it is loaded, run or
 * parsed as ELF. It is opaque, so it is transplanted: the rest has to be equal without it.
 *
 * What keeps it harmless: it is read from the last byte of the file backwards, as the kernel does,
 * and it is nothing but a signature (compare/elfcmp/signature.c, formats/signature/cms.h): sizes are exact,
 * each value has its one encoding and a bound, and the whole cannot be larger than a few KiB. A
 * second signature in front of the first is not cut off: it is bytes behind the end of the ELF
 * file.
 *
 * Kernel modules are relocatable: a program has no such signature, and may look for something
 * behind its own end (tests/elf/finds.py). Only a delivered file may have a signature that the
 * other lacks. The other way round the vendor delivered a module that a kernel may refuse, where
 * the reviewed build made one that it takes.
 *
 * What it can not exclude: that the signature is wrong, or made with another key than it should
 * be. Then the kernel refuses the module, or says that it is tainted.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_module_signature = {
	.id = "elf/module-signature@1",
	.class = ASSAY_CLASS_TRANSPLANTED,
	.cause = "module_signature",
	.summary = "the signature appended to a kernel module: who vouches for it, not loaded",
};

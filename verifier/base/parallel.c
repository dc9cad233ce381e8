/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#define THREADS_MAX 8

struct pool {
	pthread_mutex_t lock;
	size_t next, count;
	assay_parallel_work *work;
	void *context;
	size_t failed; /* lowest index that failed; count: none */
	struct assay_error err;
};

/* Items are taken in order, so whatever lies below a failure has been begun and is finished. */
static bool take(struct pool *pool, size_t *index)
{
	bool some;

	(void)pthread_mutex_lock(&pool->lock);
	some = pool->next < pool->count && pool->failed == pool->count;
	if (some)
		*index = pool->next++;
	(void)pthread_mutex_unlock(&pool->lock);
	return some;
}

static void note_failure(struct pool *pool, size_t index, const struct assay_error *err)
{
	(void)pthread_mutex_lock(&pool->lock);
	if (index < pool->failed) {
		pool->failed = index;
		pool->err = *err;
	}
	(void)pthread_mutex_unlock(&pool->lock);
}

static void *worker(void *arg)
{
	struct pool *pool = arg;
	size_t index;

	while (take(pool, &index)) {
		struct assay_error err = ASSAY_ERROR_INIT;

		if (pool->work(pool->context, index, &err) < 0)
			note_failure(pool, index, &err);
	}
	return NULL;
}

size_t assay_parallel_width(void)
{
	cpu_set_t cpus;
	size_t width = 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		width = (size_t)CPU_COUNT(&cpus);
	return width < THREADS_MAX ? width : THREADS_MAX;
}

int assay_parallel(size_t count, assay_parallel_work *work, void *context, struct assay_error *err)
{
	struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
		             .count = count,
		             .work = work,
		             .context = context,
		             .failed = count };
	pthread_t threads[THREADS_MAX];
	size_t started = 0, wanted = assay_parallel_width();

	if (wanted > count)
		wanted = count;
	/* This thread is one of them; fewer than wanted is slower, not wrong. */
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, worker, &pool) == 0)
		started++;
	(void)worker(&pool);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	if (pool.failed == count)
		return 0;
	*err = pool.err;
	return -1;
}

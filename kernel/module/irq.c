// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts. A line of the host is requested once, however often the device lists it; each index
 * that it is listed under has a trigger of its own, and of a level line a mask of its own.
 *
 * A level line that was signalled is silent until all of its indices are unmasked. Where the
 * interrupt controller can, the handler leaves it active ("held"), as if a vCPU were to deactivate
 * it, and unmasking deactivates it: two accesses of the controller fewer than to disable and enable
 * it. Else, and where user space masks it by itself, it is disabled. To disable a line that is held
 * deactivates it, so that nobody waits for that.
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/slab.h>

#include "vfio_dais.h"

/* Called with the line's lock. In whatever depth others have it disabled beside. */
static void line_update(struct dv_line *line)
{
	bool enable = line->n_triggers && (!line->n_masked || line->held);

	if (enable == line->enabled)
		return;
	line->enabled = enable;
	if (enable) {
		enable_irq(line->virq);
	} else {
		line->held = false;
		disable_irq_nosync(line->virq);
	}
}

/*
 * What irq_set_irqchip_state() does, which looks the line's descriptor up first: a twentieth of all
 * that an interrupt of a guest costs.
 */
static void line_deactivate(struct dv_line *line)
{
	struct irq_data *data = line->controller;
	struct irq_desc *desc = irq_data_to_desc(data);

	raw_spin_lock(&desc->lock);
	data->chip->irq_set_irqchip_state(data, IRQCHIP_STATE_ACTIVE, false);
	raw_spin_unlock(&desc->lock);
}

/*
 * Called with the line's lock. If it came again on another CPU before the handler has ended, it
 * would not be handled, and stay active for ever.
 */
static void line_let_go(struct dv_line *line)
{
	if (line->n_masked || !line->held)
		return;
	if (irqd_irq_inprogress(line->controller)) {
		schedule_work(&line->work);
		return;
	}
	line->held = false;
	line_deactivate(line);
}

/* Called with the line's lock. */
static void unmask_now(struct dv_irq *irq)
{
	irq->masked = false;
	irq->unmask_later = false;
	irq->line->n_masked--;
	line_let_go(irq->line);
	line_update(irq->line);
}

static void line_work(struct work_struct *work)
{
	struct dv_line *line = container_of(work, struct dv_line, work);

	synchronize_hardirq(line->virq);
	spin_lock_irq(&line->lock);
	for (struct dv_irq *irq = line->first; irq; irq = irq->next)
		if (irq->unmask_later)
			unmask_now(irq);
	line_let_go(line);
	spin_unlock_irq(&line->lock);
}

/*
 * A handler may be who unmasks: user space can give one eventfd as the trigger of an index and to
 * unmask the same or another. Two lines that are up would then let each other go for ever, and no
 * task would run on that processor any more; so this waits for one.
 */
static void unmask(struct dv_irq *irq)
{
	struct dv_line *line = irq->line;
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	if (irq->masked && in_hardirq()) {
		irq->unmask_later = true;
		schedule_work(&line->work);
	} else if (irq->masked) {
		unmask_now(irq);
	}
	spin_unlock_irqrestore(&line->lock, flags);
}

/* @hold: called by the handler. Returns whether this changed anything. */
static bool mask(struct dv_irq *irq, bool hold)
{
	struct dv_line *line = irq->line;
	unsigned long flags;
	bool changed;

	spin_lock_irqsave(&line->lock, flags);
	changed = !irq->masked || irq->unmask_later;
	irq->unmask_later = false;
	if (!irq->masked) {
		irq->masked = true;
		line->n_masked++;
		line->held |= hold && line->can_hold;
		line_update(line);
	}
	spin_unlock_irqrestore(&line->lock, flags);
	return changed;
}

/*
 * A level line is masked by what it signals. The signal is not given under the lock: whoever waits
 * for it may unmask at once, on this CPU.
 */
static bool signal_index(struct dv_irq *irq, bool by_handler)
{
	if (!irq->trigger)
		return false;
	if (irq->line->level && !mask(irq, by_handler))
		return false;
	eventfd_signal(irq->trigger);
	return true;
}

/* A line that can be held is active from here on, whether it told anybody something new or not. */
static irqreturn_t line_handler(int virq, void *data)
{
	struct dv_line *line = data;
	bool any = line->can_hold;

	for (struct dv_irq *irq = line->first; irq; irq = irq->next)
		any |= signal_index(irq, true);
	return IRQ_RETVAL(any);
}

static struct dv_line *line_of(struct dv_device *dv, int virq)
{
	struct dv_line *line;

	for (line = dv->lines; line < dv->lines + dv->n_lines; line++)
		if (line->virq == virq)
			return line;
	line->virq = virq;
	line->level = irq_get_trigger_type(virq) & IRQ_TYPE_LEVEL_MASK;
	spin_lock_init(&line->lock);
	INIT_WORK(&line->work, line_work);
	dv->n_lines++;
	return line;
}

int dv_irqs_init(struct dv_device *dv)
{
	int virq;

	while ((virq = dv_bus_irq(dv, dv->n_irqs)) > 0)
		dv->n_irqs++;
	if (virq == -EPROBE_DEFER)
		return virq;
	dv->irqs = kcalloc(dv->n_irqs, sizeof(*dv->irqs), GFP_KERNEL);
	dv->lines = kcalloc(dv->n_irqs, sizeof(*dv->lines), GFP_KERNEL);
	if (!dv->irqs || !dv->lines)
		return -ENOMEM;
	for (unsigned int i = dv->n_irqs; i-- > 0;) {
		struct dv_irq *irq = &dv->irqs[i];

		virq = dv_bus_irq(dv, i);
		if (virq <= 0)
			return virq ? virq : -EINVAL;
		irq->line = line_of(dv, virq);
		irq->next = irq->line->first;
		irq->line->first = irq;
	}
	return 0;
}

void dv_irqs_free(struct dv_device *dv)
{
	kfree(dv->irqs);
	kfree(dv->lines);
}

static void line_forget(struct dv_line *line)
{
	kfree(line->name);
	line->name = NULL;
}

/* Of the controllers between the device and the CPU, the one that keeps a state of @virq. */
static struct irq_data *controller_of(int virq)
{
	struct irq_data *data = irq_get_irq_data(virq);

	while (data && !data->chip->irq_set_irqchip_state)
		data = data->parent_data;
	return data;
}

/*
 * Under PREEMPT_RT an eventfd cannot be signalled in a hard interrupt handler, and a thread's would
 * find the line masked until it ends.
 */
static bool line_may_be_held(struct dv_line *line)
{
	bool active;

	return !IS_ENABLED(CONFIG_PREEMPT_RT) && line->level &&
	       !irq_get_irqchip_state(line->virq, IRQCHIP_STATE_ACTIVE, &active);
}

/*
 * Of a line that is ours: another's would be left active, too. What the GIC's driver does with an
 * interrupt that it believes to be forwarded to a vCPU is what is wanted: it ends it and does not
 * deactivate it. Other controllers do not know the call.
 */
static void line_set_up(struct dv_line *line, bool may_hold)
{
	/* Else a level line that its handler disables comes once more before it is masked. */
	irq_set_status_flags(line->virq, IRQ_DISABLE_UNLAZY);
	line->controller = controller_of(line->virq);
	line->can_hold = may_hold && !irq_set_vcpu_affinity(line->virq, line);
}

static int line_request(struct dv_device *dv, struct dv_line *line)
{
	bool may_hold = line_may_be_held(line);

	line->name = kasprintf(GFP_KERNEL, "vfio-irq[%d](%s)", line->virq, dev_name(dv_dev(dv)));
	if (!line->name)
		return -ENOMEM;
	line->error =
		request_irq(line->virq, line_handler,
			    IRQF_NO_AUTOEN | (may_hold ? IRQF_NO_THREAD : 0), line->name, line);
	if (!line->error) {
		line_set_up(line, may_hold);
		return 0;
	}
	dev_warn(dv_dev(dv), "interrupt %d is not to be had: %d\n", line->virq, line->error);
	line_forget(line);
	return 0;
}

/* A line that is not to be had fails when it is used: the device may do without. */
int dv_irqs_open(struct dv_device *dv)
{
	for (unsigned int i = 0; i < dv->n_lines; i++) {
		int ret = line_request(dv, &dv->lines[i]);

		if (ret) {
			dv_irqs_close(dv);
			return ret;
		}
	}
	return 0;
}

static void line_free(struct dv_line *line)
{
	if (!line->name)
		return;
	/* Which deactivates it: free_irq() would wait for that. */
	disable_irq(line->virq);
	cancel_work_sync(&line->work);
	if (line->can_hold)
		irq_set_vcpu_affinity(line->virq, NULL);
	line->can_hold = false;
	irq_clear_status_flags(line->virq, IRQ_DISABLE_UNLAZY);
	free_irq(line->virq, line);
	line_forget(line);
	line->n_triggers = 0;
	line->n_masked = 0;
	line->enabled = false;
	line->held = false;
}

void dv_irqs_close(struct dv_device *dv)
{
	for (unsigned int i = 0; i < dv->n_irqs; i++) {
		vfio_virqfd_disable(&dv->irqs[i].mask_fd);
		vfio_virqfd_disable(&dv->irqs[i].unmask_fd);
	}
	for (unsigned int i = 0; i < dv->n_lines; i++)
		line_free(&dv->lines[i]);
	for (unsigned int i = 0; i < dv->n_irqs; i++) {
		if (dv->irqs[i].trigger)
			eventfd_ctx_put(dv->irqs[i].trigger);
		dv->irqs[i].trigger = NULL;
		dv->irqs[i].masked = false;
		dv->irqs[i].unmask_later = false;
	}
}

static void swap_trigger(struct dv_irq *irq, struct eventfd_ctx *trigger)
{
	struct dv_line *line = irq->line;
	struct eventfd_ctx *old = irq->trigger;

	disable_irq(line->virq); /* and waits for the handler */
	irq->trigger = trigger;
	spin_lock_irq(&line->lock);
	line->n_triggers += !!trigger - !!old;
	line_update(line);
	spin_unlock_irq(&line->lock);
	enable_irq(line->virq);
	if (old)
		eventfd_ctx_put(old);
}

static int set_trigger(struct dv_irq *irq, int fd)
{
	struct eventfd_ctx *trigger = NULL;

	if (fd >= 0) {
		trigger = eventfd_ctx_fdget(fd);
		if (IS_ERR(trigger))
			return PTR_ERR(trigger);
	}
	swap_trigger(irq, trigger);
	return 0;
}

static int mask_handler(void *irq, void *unused)
{
	mask(irq, false);
	return 0;
}

static int unmask_handler(void *irq, void *unused)
{
	unmask(irq);
	return 0;
}

static int set_mask_fd(struct dv_irq *irq, bool masks, int fd)
{
	struct virqfd **virqfd = masks ? &irq->mask_fd : &irq->unmask_fd;

	if (fd < 0) {
		vfio_virqfd_disable(virqfd);
		return 0;
	}
	return vfio_virqfd_enable(irq, masks ? mask_handler : unmask_handler, NULL, NULL, virqfd,
				  fd);
}

/* With data of a bool, a 0 means nothing is to be done. */
static bool is_wanted(u32 flags, const void *data)
{
	return flags & VFIO_IRQ_SET_DATA_NONE || *(const u8 *)data;
}

static int set_one(struct dv_irq *irq, const struct vfio_irq_set *set, const void *data)
{
	u32 action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	bool by_fd = set->flags & VFIO_IRQ_SET_DATA_EVENTFD;

	if (action == VFIO_IRQ_SET_ACTION_TRIGGER) {
		if (!set->count)
			return set->flags & VFIO_IRQ_SET_DATA_NONE ? set_trigger(irq, -1) : -EINVAL;
		if (by_fd)
			return set_trigger(irq, *(const s32 *)data);
		if (is_wanted(set->flags, data))
			signal_index(irq, false);
		return 0;
	}
	if (action != VFIO_IRQ_SET_ACTION_MASK && action != VFIO_IRQ_SET_ACTION_UNMASK)
		return -ENOTTY;
	if (!irq->line->level || !set->count)
		return -EINVAL;
	if (by_fd)
		return set_mask_fd(irq, action == VFIO_IRQ_SET_ACTION_MASK, *(const s32 *)data);
	if (!is_wanted(set->flags, data))
		return 0;
	if (action == VFIO_IRQ_SET_ACTION_MASK)
		mask(irq, false);
	else
		unmask(irq);
	return 0;
}

int dv_irqs_set(struct dv_device *dv, const struct vfio_irq_set *set, const void *data)
{
	struct dv_irq *irq = &dv->irqs[set->index];
	int ret;

	/* Each index has one interrupt. */
	if (set->start || set->count > 1)
		return -EINVAL;
	if (!irq->line->name)
		return irq->line->error;
	mutex_lock(&dv->irq_lock);
	ret = set_one(irq, set, data);
	mutex_unlock(&dv->irq_lock);
	return ret;
}

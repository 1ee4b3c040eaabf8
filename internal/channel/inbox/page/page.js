(() => {
	'use strict';
	const every = 2000;
	const toast = document.getElementById('toast');
	const live = document.getElementById('live');
	let cursor = document.body.dataset.cursor;
	let overview;
	let busy = false;
	let hush;

	const say = (text, bad) => {
		toast.textContent = text;
		toast.className = 'toast show' + (bad ? ' bad' : '');
		clearTimeout(hush);
		hush = setTimeout(() => { toast.className = 'toast'; }, 4000);
	};

	const connected = (yes) => {
		live.hidden = false;
		live.classList.toggle('off', !yes);
		document.getElementById('live-text').textContent = yes ? 'live' : 'not connected';
	};

	// swap changes what an element holds only when it differs, and gives the focus back.
	const swap = (old, fresh) => {
		if (old.innerHTML === fresh.innerHTML) return;
		const focusable = () => [...old.querySelectorAll('a, button, input, summary')];
		const at = focusable().indexOf(document.activeElement);
		old.innerHTML = fresh.innerHTML;
		if (at >= 0) focusable()[at]?.focus();
	};

	// mergeList puts new messages into a list and leaves those that are there as they are: open mails stay open.
	const mergeList = (list, fresh) => {
		const have = new Map([...list.children].map((card) => [card.id, card]));
		let place = list.firstElementChild;
		let added = 0;
		for (const card of [...fresh.children]) {
			const old = have.get(card.id);
			if (!old) {
				card.classList.add('new');
				list.insertBefore(card, place);
				added++;
				continue;
			}
			for (const part of card.querySelectorAll('[data-part]')) {
				swap(old.querySelector(`[data-part="${part.dataset.part}"]`), part);
			}
			while (place && place !== old) {
				const gone = place;
				place = place.nextElementSibling;
				gone.remove();
			}
			place = old.nextElementSibling;
		}
		while (place) {
			const gone = place;
			place = place.nextElementSibling;
			gone.remove();
		}
		return added;
	};

	const refresh = async () => {
		const answer = await fetch(location.pathname + location.search);
		if (!answer.ok) return;
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		for (const fresh of page.querySelectorAll('[data-swap]')) {
			const old = document.getElementById(fresh.id);
			if (old) swap(old, fresh);
		}
		let added = 0;
		for (const fresh of page.querySelectorAll('[data-list]')) {
			const old = document.getElementById(fresh.id);
			if (old) added += mergeList(old, fresh);
		}
		cursor = page.body.dataset.cursor;
		if (added > 0) say(added === 1 ? '1 new message' : `${added} new messages`);
	};

	const poll = async () => {
		if (document.hidden || busy) return;
		busy = true;
		try {
			const query = new URLSearchParams(location.search);
			query.set('since', cursor);
			query.set('limit', '1');
			const answer = await fetch('/inbox/messages.json?' + query);
			if (!answer.ok) throw new Error(answer.statusText);
			const news = await answer.json();
			const now = JSON.stringify([news.counters, news.waiting]);
			if (news.messages.length > 0 || news.reset || (overview && overview !== now)) await refresh();
			overview = now;
			connected(true);
		} catch {
			connected(false);
		} finally {
			busy = false;
		}
	};

	document.addEventListener('submit', async (event) => {
		const form = event.target;
		if (!form.dataset.act) return;
		event.preventDefault();
		const button = form.querySelector('button');
		button.disabled = true;
		try {
			const answer = await fetch(form.action, {
				method: 'POST',
				headers: { 'X-Inbox-Act': '1', Accept: 'application/json' },
				body: new URLSearchParams(new FormData(form)),
			});
			const outcome = await answer.json();
			if (!answer.ok) throw new Error(outcome.error);
			form.reset();
			form.closest('details')?.removeAttribute('open');
			say('Noted: ' + form.dataset.act);
			await refresh();
		} catch (trouble) {
			say(trouble.message, true);
		} finally {
			button.disabled = false;
		}
	});

	document.addEventListener('visibilitychange', poll);
	setInterval(poll, every);
	poll();
})();

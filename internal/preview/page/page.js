(() => {
	'use strict';
	const known = document.body.dataset.version;
	const keep = 'preview ' + location.pathname;
	const saved = JSON.parse(sessionStorage.getItem(keep) ?? 'null');
	if (saved) {
		sessionStorage.removeItem(keep);
		document.getElementById(saved.shown)?.click();
		scrollTo(0, saved.at);
	}
	const look = async () => {
		if (document.hidden) return;
		try {
			const answer = await fetch('/preview/version.txt');
			const live = document.getElementById('live');
			live.textContent = answer.ok ? 'live' : 'not connected';
			if (!answer.ok || (await answer.text()) === known) return;
			const shown = document.querySelector('.as:checked')?.id;
			sessionStorage.setItem(keep, JSON.stringify({ at: scrollY, shown }));
			location.reload();
		} catch {
			document.getElementById('live').textContent = 'not connected';
		}
	};
	document.addEventListener('visibilitychange', look);
	setInterval(look, 1000);
})();

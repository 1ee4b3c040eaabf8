package optout

// carriers are the words that every sender has to know, in any country: the
// opt-out words of CTIA's Messaging Principles and Best Practices; Twilio's
// defaults (help.twilio.com, "Twilio support for opt-out keywords (SMS STOP
// filtering)"), REVOKE and OPTOUT among them, with ARRET, which its Proxy names
// (twilio.com/docs/proxy/opt-out-keywords); those of AWS End User Messaging
// (docs.aws.amazon.com, "Required opt-out keywords"), less TD; and the words
// that 47 CFR 64.1200(a)(10) names.
func carriers() table {
	return table{
		stops:  "stop, stopall, stop all, stopp, unsubscribe, unsubscribe all, optout, opt out, revoke, remove, arret",
		ends:   "end, cancel, quit",
		starts: "start, unstop, opt in, optin",
		agrees: "yes, y",
		helps:  "help, info",
	}
}

// english adds to the carriers' words what people write around them, and what
// 47 CFR 64.1200(a)(10) calls any reasonable way to revoke consent.
func english() table {
	return table{
		stops: `stpo, sotp, sstop, stop it, stop that, stop this, unsub, unsubscribed, unsuscribe, unsubcribe, opt me out, opted out, opting out,
			remove me, take me off, delete me, delete my number, remove my number, lose my number, wrong number, leave me alone, fuck off, piss off,
			no more, no more texts, no more messages, no more sms, no more of this, no longer want, no longer wish,
			dont text, dont text me, dont message, dont message me, dont contact, dont contact me, dont send, dont write, dont write me,
			do not text, do not text me, do not message, do not message me, do not contact, do not contact me, do not send, do not write,
			never text, never text me, never contact, never contact me, never message me,
			dont want these, dont want your, dont want any, dont want any more, dont want more, dont want this, dont want to receive, dont want to get, dont want messages, dont want texts,
			do not want these, do not want your, do not want any, do not want any more, do not want more, do not want this, do not want to receive, do not want to get`,
		starts: "start again, restart, resume, unstop me, opt me in, resubscribe, subscribe, subscribe me, subscribe again, start texting me again, text me again",
		agrees: "yes, yep, yeah, yup",
		helps:  "help me, i need help, more info, information, need help",
		nouns: `text, texts, texting, message, messages, messaging, msg, msgs, sms, mms, spam, spamming, ads, advertising, marketing, promotions, promos, offers, notifications, alerts,
			sending, writing, contact, contacting, calling, calls, email, emails, emailing, bothering, bugging, annoying, harassing, promo, promotional, subscription, subscriptions, newsletter, newsletters, list, mailing list, crap, shit, bullshit, stuff`,
		glue: `i, id, im, me, my, you, your, the, this, these, those, that, it, all, any, every, such, to, for, from, of, off, on, with, want, would, like, wish, need, can, could, will you, would you, id like,
			and, at once, to this number, number, phone, anymore, any more, again, ever, ever again, right, stupid, damn, fucking, the fuck, unwanted, receiving, getting, get, receive, being, asap, no, ok, okay, yes, so, just, hey, us, them, forever, said, told, asked, already`,
		polite: `please, pls, plz, pleas, plse, thanks, thank you, thank u, thx, ty, tnx, now, right now, immediately, today, hi, hello, hey, dear sir, sir, madam, kindly, cheers, sent from my iphone, sent from my android`,
	}
}

// german has the words that senders to Germany, Austria and Switzerland list
// beside STOP: STOPP, ABMELDEN, ENDE; and what people write around them.
func german() table {
	return table{
		stops: `stopp, stoppen, stoppt, stoppe, stoppen sie, abmelden, abmeldung, abbestellen, abbestellung, austragen, kundigen abo, abo beenden, abo kundigen,
			melden sie mich ab, meldet mich ab, melde mich ab, mich abmelden, tragen sie mich aus, bestelle ab, widerruf, widerrufe, ich widerrufe, hor auf, hort auf, horen sie auf, aufhoren,
			keine sms mehr, keine nachrichten mehr, keine weiteren sms, keine weiteren nachrichten, keine werbung, keine werbung mehr, keine mehr, nichts mehr, nicht mehr schreiben, nicht mehr schicken, nicht mehr senden,
			schreiben sie mir nicht mehr, schreibt mir nicht mehr, schreib mir nicht mehr, lasst mich in ruhe, lass mich in ruhe, lassen sie mich in ruhe, loschen sie meine nummer, loscht meine nummer, loeschen sie meine nummer, loescht meine nummer, hoer auf, hoert auf, hoeren sie auf, aufhoeren`,
		ends:   "ende, beenden, halt, schluss, kundigen, kuendigen",
		starts: "starten, anmelden, wieder anmelden, fortsetzen",
		agrees: "ja, jawohl, jo",
		helps:  "hilfe, infos, brauche hilfe, ich brauche hilfe, information",
		nouns:  "sms, nachricht, nachrichten, werbung, spam, newsletter, abo, abonnement, benachrichtigungen, angebote, schreiben, schicken, senden, zusenden, mails",
		glue: `ich, mich, mir, mochte, moechte, will, wunsche, wuensche, die, der, das, den, dem, diese, dieser, diesen, eure, euren, ihre, ihren, alle, allen, von, vom, an, mit, damit, zu, zum, und, es, sie, mal, doch, endlich, weitere, weiteren, meine, nummer,
			erhalten, bekommen, verteiler, liste, aus, gerne, hiermit`,
		polite: "bitte, biite, danke, danke schon, vielen dank, dankeschon, jetzt, sofort, hallo, guten tag, mfg, lg, gruss, mit freundlichen grussen",
	}
}

// french has ARRET and AIDE, which Canada's carriers ask for beside STOP and
// HELP (docs.aws.amazon.com, "French compliance keywords"), STOP SMS and STOP
// PUB, as senders in France list them, and what people write around them.
func french() table {
	return table{
		stops: `arret, arrete, arretez, arreter, arrets, arrett, arretez ca, stop sms, stop pub, stop pubs, desabonner, desabonnement, me desabonner, desabonnez moi, desinscrire, desinscription, me desinscrire, desinscrivez moi, desinscrivez, se desabonner,
			ne menvoyez plus, nenvoyez plus, ne plus recevoir, plus de sms, plus de messages, plus de pub, plus de message, ne mecrivez plus, ne me contactez plus, laissez moi tranquille, laisse moi tranquille, retirez moi, supprimez mon numero, supprimez moi, je ne veux plus, je veux plus, resilier abonnement`,
		ends:   "fin, annuler, annulez, stopper, stoppez, resilier, quitter, suffit, ca suffit",
		starts: "commencer, demarrer, reprendre, reprise, reabonner, me reabonner, mabonner, sabonner",
		agrees: "oui, ouais",
		helps:  "aide, aidez moi, besoin daide, jai besoin daide, infos, information, informations",
		nouns:  "sms, message, messages, texto, textos, pub, pubs, publicite, publicites, promo, promos, spam, newsletter, abonnement, envoi, envois, denvoyer, menvoyer, de menvoyer, decrire, mecrire, envoyer, notifications",
		glue:   `je, moi, me, mon, ma, mes, de, des, du, les, le, la, ces, ce, cet, vos, votre, tous, tout, toutes, a, au, aux, et, veux, voudrais, souhaite, desire, recevoir, en, pour, numero, liste, la liste, ca, cela, vous, jamais, plus, avec, par, dailleurs`,
		polite: "svp, stp, s v p, sil vous plait, sil te plait, merci, merci davance, merci beaucoup, maintenant, immediatement, tout de suite, bonjour, salut, bonsoir, cordialement",
	}
}

// spanish has ALTO, BAJA, PARAR and CANCELAR, which senders to Spain, Mexico and
// the United States list beside STOP, and what people write around them.
func spanish() table {
	return table{
		stops: `baja, dar de baja, darme de baja, dame de baja, denme de baja, deme de baja, dadme de baja, darse de baja, quiero la baja, solicito la baja, parar, paren, detener, detenganse, detener todo, desuscribir, desuscribirme, cancelar suscripcion, anular suscripcion, borrarme, borrenme, borrar mi numero,
			no mas, no mas mensajes, no mas sms, no envien, no me envien, no me envien mas, no envien mas, no me envies mas, no quiero mas, no quiero recibir, no quiero recibir mas, no me escriban, no me escriban mas, no me contacten, dejen de, deja de, dejenme en paz, dejame en paz, ya no quiero, eliminenme, eliminar mi numero`,
		ends:   "alto, pare, para, fin, cancelar, cancela, cancelen, anular, salir, terminar, basta, basta ya",
		starts: "alta, iniciar, inicio, comenzar, empezar, reanudar, suscribir, suscribirme",
		agrees: "si, sip, claro",
		helps:  "ayuda, ayudame, necesito ayuda, informacion",
		nouns:  "sms, mensaje, mensajes, texto, textos, publicidad, spam, promociones, ofertas, suscripcion, notificaciones, enviar, enviarme, mandar, mandarme, molestar, molestarme, lista, boletin",
		glue:   "yo, me, mi, mis, de, del, la, las, el, los, estos, estas, este, esta, sus, tus, todos, todo, todas, a, al, y, quiero, quisiera, deseo, recibir, recibiendo, numero, mas, ya, con, por, en, eso, esto",
		polite: "por favor, porfavor, porfa, gracias, muchas gracias, ahora, ahora mismo, inmediatamente, hola, buenos dias, buenas, buenas tardes, un saludo, saludos",
	}
}

// italian has the words that Italian senders list beside STOP: ANNULLA, BASTA,
// CANCELLA, DISISCRIVI; and what people write around them.
func italian() table {
	return table{
		stops: `disiscrivi, disiscrivimi, disiscrizione, disiscrivermi, disdici, disattiva, disattivare, cancellami, cancellatemi, cancellarmi, cancellazione, rimuovimi, rimuovetemi, toglietemi, toglimi, smettila, smettetela, smettete, smetti, smettere, fermatevi, interrompi, interrompere,
			non voglio piu, non voglio ricevere, non voglio piu ricevere, non inviate piu, non inviatemi piu, non mandate piu, non mandatemi piu, non scrivetemi piu, non scrivetemi, non contattatemi, non contattatemi piu, basta sms, basta messaggi, basta messaggi grazie, lasciatemi in pace, lasciatemi stare, niente piu sms, niente piu messaggi, revoca consenso`,
		ends:   "annulla, annullare, basta, cancella, cancellare, ferma, fermare, alt, disdire, revoca, esci, basta cosi",
		starts: "inizia, iniziare, avvia, riprendi, riprendere, riattiva, iscrivi, iscrivimi",
		agrees: "si, certo",
		helps:  "aiuto, aiutami, ho bisogno di aiuto, informazioni, assistenza",
		nouns:  "sms, messaggio, messaggi, pubblicita, spam, promozioni, offerte, notifiche, iscrizione, abbonamento, newsletter, inviarmi, mandarmi, scrivermi, inviare, mandare",
		glue:   "io, mi, mio, mia, di, da, dal, dalla, del, della, dei, i, il, la, le, gli, questi, questo, questa, queste, vostri, vostra, tutti, tutto, tutte, a, e, voglio, vorrei, desidero, ricevere, numero, lista, piu, con, per, subito",
		polite: "per favore, perfavore, per piacere, per cortesia, grazie, grazie mille, adesso, ora, subito, immediatamente, ciao, buongiorno, salve, cordiali saluti",
	}
}

// portuguese has the words that senders to Brazil and Portugal list beside STOP:
// SAIR, PARAR, CANCELAR, REMOVER; and what people write around them.
func portuguese() table {
	return table{
		stops: `parar, parem, pare de, parem de, descadastrar, descadastre, descadastrem, me descadastrar, descadastre me, desinscrever, desinscreva, cancelar inscricao, cancelar subscricao, cancelar assinatura, remover, remova, removam, me remova, me removam, remova meu numero, remova me, retirem meu numero, me tire, me tirem, sair da lista, desativar,
			nao quero mais, nao quero receber, nao quero mais receber, nao me envie, nao me envie mais, nao me enviem, nao me enviem mais, nao envie mais, nao enviem mais, nao mande mais, nao mandem mais, nao me mande mais, nao me mandem mais, deixe me em paz, deixem me em paz, me deixe em paz, me deixem em paz, chega de, nao enviem`,
		ends:   "sair, pare, para, cancelar, cancela, cancele, cancelem, anular, fim, chega, encerrar, basta",
		starts: "iniciar, inicio, comecar, retomar, inscrever, subscrever, reativar",
		agrees: "sim, claro",
		helps:  "ajuda, me ajude, ajudem, preciso de ajuda, socorro, informacao, informacoes",
		nouns:  "sms, mensagem, mensagens, msg, msgs, torpedo, torpedos, propaganda, propagandas, publicidade, spam, promocoes, ofertas, notificacoes, assinatura, inscricao, subscricao, enviar, mandar, lista",
		glue:   "eu, me, mim, meu, minha, de, da, do, das, dos, o, a, os, as, estas, esta, essas, essa, esses, isso, isto, suas, sua, todas, todos, tudo, quero, queria, gostaria, desejo, receber, numero, mais, e, com, por, ja, voces",
		polite: "por favor, pfv, pf, faz favor, se faz favor, obrigado, obrigada, muito obrigado, muito obrigada, agora, agora mesmo, imediatamente, ola, oi, bom dia, boa tarde, boa noite, grato, grata",
	}
}

// dutch has STOP, STOPPEN and AFMELDEN, as senders to the Netherlands and
// Belgium list them, and what people write around them.
func dutch() table {
	return table{
		stops: `stoppen, stop ermee, stop hiermee, stop maar, afmelden, afmelding, meld me af, meld mij af, me afmelden, mij afmelden, uitschrijven, uitschrijving, schrijf me uit, schrijf mij uit, schrijf me uit aub, opzeggen abonnement, hou op, houd op, hou ermee op, ophouden, verwijder me, verwijder mij, verwijder mijn nummer, verwijderen, haal me eraf,
			geen sms meer, geen smsjes meer, geen berichten meer, geen reclame, geen reclame meer, geen berichten, stuur me niets meer, stuur mij niets meer, stuur niets meer, niet meer sturen, niets meer sturen, wil geen, wil niet meer, ik wil geen, ik wil niet meer, laat me met rust, laat mij met rust, niet meer appen`,
		ends:   "einde, annuleren, annuleer, opzeggen, beeindigen, genoeg",
		starts: "starten, aanmelden, opnieuw aanmelden, hervatten",
		agrees: "ja, jawel, jazeker",
		helps:  "hulp, help mij, ik heb hulp nodig, hulp nodig, informatie",
		nouns:  "sms, smsen, smsjes, bericht, berichten, reclame, spam, aanbiedingen, nieuwsbrief, abonnement, meldingen, sturen, versturen, appjes, appen, lijst",
		glue:   "ik, me, mij, mijn, wil, wilt, wens, zou, graag, de, het, die, dit, deze, dat, jullie, uw, alle, alles, met, van, voor, te, en, ontvangen, krijgen, u, je, nummer, meer, er, mee, ermee, nu, eens",
		polite: "alsjeblieft, alstublieft, aub, a u b, ajb, svp, bedankt, dank u, dank je, dank u wel, dankjewel, nu, direct, onmiddellijk, meteen, hallo, hoi, goedendag, groeten, mvg",
	}
}

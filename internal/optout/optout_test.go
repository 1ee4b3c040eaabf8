package optout_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/optout"
)

// replies are what people write, by what it asks for, with | between them.
func replies() map[optout.Word][]string {
	const (
		stop = `stop|STOP|Stop.|Stop!|"STOP"|'stop'|“Stop”|*STOP*|-stop-| stop |STOP STOP STOP|STOPALL|STOP ALL|stop all messages|Unsubscribe|UNSUBSCRIBE ME|
			CANCEL|END|QUIT|OPTOUT|OPT-OUT|opt out|REVOKE|REMOVE|stop please|Please stop|pls stop|Stop, please!|stop thanks|please stop texting me|
			Stop texting me|stop sending me these messages|stop messaging this number|Please stop sending me marketing texts to this number|I want to stop|i would like to stop these messages|
			STOP!!!|stop 🛑|🛑 STOP 🛑|S.T.O.P.|S T O P|s-t-o-p|STOP 36111|stop 2|ＳＴＯＰ|STOPPPP|stooooop|STÖP|stop​|remove me|Remove me from your list|take me off your list|
			opt me out|Opt me out please|no more texts|no more messages please|Don't text me|dont text me again|Do not contact me again|Please do not text this number|I don't want these messages|
			i do not want any more texts|leave me alone|Leave me alone!!|STOP! I never signed up for this|Please stop. I am driving|Stop, I moved to another company|Who is this? STOP|unsubscribe\nSent from my iPhone|
			cancel\nSent from my iPhone|cancel subscription|cancel these messages|end texts|quit texting me|QUIT!!|stop it|STOP IT NOW|stop the spam|fuck off|no, stop|Ok stop|yes stop|wrong number|lose my number|stpo|unsub|STOP calling me|stop promo|I said STOP|I told you to stop!|I said "stop" already|My answer is "no". Stop.`
		german = `Stopp|STOPP!|bitte stop|Stop bitte|Bitte stoppen|Bitte keine SMS mehr|keine Nachrichten mehr bitte|Abmelden|abmelden bitte|Bitte melden Sie mich ab|Ich möchte keine Werbung mehr|Ende|Beenden|
			Hören Sie auf|hoeren sie auf|Lasst mich in Ruhe!|Löschen Sie meine Nummer|Abbestellen|Ich will mich abmelden|Stop, ich habe nichts bestellt|Bitte schreiben Sie mir nicht mehr|Ich widerrufe|Halt|ja stop|Keine weiteren SMS, danke`
		french = `Arrêt|ARRET|arrêtez|Arrêtez svp|ARRÊTER|STOP SMS|stop pub|Stop s'il vous plaît|Arrêtez de m'envoyer des messages|Désabonner|me désabonner|désinscription|Ne m'envoyez plus de messages|Plus de SMS merci|
			Laissez-moi tranquille|Je ne veux plus recevoir de SMS|FIN|Annuler|stop merci|STOP au 36111|Supprimez mon numéro`
		spanish = `BAJA|Baja|Alto|ALTO!|parar|PARAR por favor|Dar de baja|Quiero darme de baja|Cancelar|cancelar suscripción|No más mensajes|No me envíen más mensajes|No quiero recibir más|No quiero más publicidad|basta ya|Por favor dejen de enviarme mensajes|
			Ya no quiero mensajes|para|Déjenme en paz|stop por favor|baja gracias|Fin`
		italian    = `Annulla|BASTA|basta!|Basta così|Cancellami|cancellatemi dalla lista|Disiscrivimi|Non voglio più ricevere messaggi|smettetela|Smettete di mandarmi messaggi|stop grazie|Per favore stop|non scrivetemi più|Lasciatemi in pace|basta messaggi|disattiva`
		portuguese = `SAIR|Sair|parar|Parem de enviar mensagens|Cancelar|Cancelar inscrição|Não quero mais receber mensagens|Remover|Me remova da lista por favor|descadastrar|Não me mandem mais mensagens|chega|stop obrigado|Pare de me enviar SMS|FIM|me deixem em paz`
		dutch      = `stoppen|Stoppen aub|Afmelden|Ik wil me afmelden|AFMELDEN a.u.b.|Uitschrijven|Meld me af|Geen sms meer|Geen berichten meer aub|stop alsjeblieft|Laat me met rust|Stuur me niets meer|Verwijder mijn nummer|Ik wil geen reclame meer|Einde|hou op`
		starts     = `START|start|Start!|start please|Please START|Start again|UNSTOP|unstop|opt in|OPTIN|subscribe|resubscribe|Resume|STARTEN|anmelden|Bitte wieder anmelden|start bitte|Reprendre|me réabonner|ALTA|iniciar|Inizia|riprendi|começar|Reativar|aanmelden|hervatten aub`
		yes        = `YES|yes|Yes!|yes please|y|Yep|JA|ja bitte|ja danke|OUI|oui merci|Sí|si|SIM|sim por favor|Ja alstublieft`
		help       = `HELP|help|Help!|help please|help me|INFO|info|I need help|Hilfe|HILFE!|Bitte Hilfe|AIDE|aidez-moi|Ayuda|ayuda por favor|AIUTO|Ajuda|preciso de ajuda|Hulp|ik heb hulp nodig|Infos`
		none       = `the bus stop is closed|Don't stop|don't stop!|dont stop texting me|I can't stop laughing|please don't stop|never stop|Stop by tomorrow|can you stop by the shop|non-stop|nonstop|what time do you stop|bus stop|The next stop is mine|
			this is the end|The end|in the end I bought it|weekend|cancel my order|Can I cancel?|I want to cancel my appointment|my end|I quit my job|quitting time|Do not stop the music|I don't want to stop|unstoppable|stopwatch|opting for the big plan|
			||   |?!|👍|12345|hello|Thanks|thank you|ok|no|No thanks|maybe|When does my order arrive?|I already paid|yes I want two|yes but not today|yesterday|y tu|starting tomorrow|start of the month|when do you start|
			Bitte nicht stoppen|Nicht aufhören!|Am Ende war es gut|Haltestelle|Der Bus hält nicht|bis zum ende|Ich kann nicht aufhören zu lachen|wann ist schluss|jawoll wirklich|ja aber nicht heute|
			N'arrêtez pas|ne pas arrêter|Arrêt de bus fermé|la fin du mois|oui mais demain|Je veux de l'aide pour ma facture|
			No paren|no quiero parar|para mí|para mi madre|fin de semana|el edificio es alto|la parada está cerrada|sí pero mañana|cuando me dan de alta la línea|
			non smettere mai|mi basta|Alla fine va bene|fine|si ma domani|fermata chiusa|não pare|não parem|para mim|para todos|vou sair hoje|sim mas amanhã|fim de semana|
			niet stoppen|Bushalte gesloten|aan het einde|ja maar morgen|Ik krijg geen berichten|helpful|self help|Liked “Your data is nearly used. STOP to end.”|Loved "Stop. Unsubscribe."|A «Stop. Fin.» aimé|info about my bill|more information about plans|information technology|help stop bullying`
	)
	return map[optout.Word][]string{
		optout.Stop:  split(stop, german, french, spanish, italian, portuguese, dutch),
		optout.Start: split(starts), optout.Yes: split(yes), optout.Help: split(help), optout.None: split(none),
	}
}

func split(lists ...string) (texts []string) {
	for _, list := range lists {
		for text := range strings.SplitSeq(list, "|") {
			texts = append(texts, strings.ReplaceAll(strings.TrimLeft(text, "\n\t"), `\n`, "\n"))
		}
	}
	return texts
}

func TestRead(t *testing.T) {
	t.Parallel()
	count := 0
	for want, texts := range replies() {
		for _, text := range texts {
			count++
			if got := optout.Read(text); got != want {
				t.Errorf("%q: got %q, want %q", text, got, want)
			}
		}
	}
	require.Greater(t, count, 120)
}

// TestLongTexts: a book that begins with STOP is a stop, and one that ends with
// it far behind is not read so far.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	book := strings.Repeat("It was the best of times. ", 1000)
	require.Equal(t, optout.Stop, optout.Read("STOP. "+book))
	require.Equal(t, optout.None, optout.Read(book+"STOP."))
	require.Equal(t, optout.None, optout.Read(strings.Repeat("é", 5000)))
}

func words(text string) []string { return strings.Split(text, "|") }

// TestWhatSurroundsAWordDoesNotCount holds that dressing a reply up changes
// nothing.
func TestWhatSurroundsAWordDoesNotCount(t *testing.T) {
	t.Parallel()
	all := replies()
	known := []optout.Word{optout.Stop, optout.Start, optout.Yes, optout.Help}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SampledFrom(known).Draw(t, "word")
		text := rapid.SampledFrom(all[want]).Draw(t, "text")
		dressed := rapid.SampledFrom(words(`| |  |"|(|*|🙂 |¡|> `)).Draw(t, "before") + text +
			rapid.SampledFrom(words(`| |.|!|!!!|"|)|*| 🙏|?| :-(`)).Draw(t, "after")
		switch rapid.IntRange(0, 2).Draw(t, "case") {
		case 1:
			dressed = strings.ToUpper(dressed)
		case 2:
			dressed = strings.ToLower(dressed)
		}
		require.Equal(t, want, optout.Read(dressed), "%q", dressed)
	})
}

// TestPolitenessDoesNotCount: the carriers' words keep their meaning beside a
// polite word of any language.
func TestPolitenessDoesNotCount(t *testing.T) {
	t.Parallel()
	polite := words("please|thanks|bitte|danke|svp|merci|por favor|gracias|per favore|grazie|obrigado|aub|alstublieft|now")
	keywords := map[optout.Word][]string{
		optout.Stop:  words("STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|OPTOUT|REVOKE|ARRET|ABMELDEN|STOPP|BAJA|ALTO|PARAR|ANNULLA|SAIR|AFMELDEN"),
		optout.Start: words("START|UNSTOP"), optout.Help: words("HELP|INFO|AYUDA|HILFE|AIDE"), optout.Yes: words("YES|JA|OUI"),
	}
	for want, list := range keywords {
		for _, keyword := range list {
			for _, word := range polite {
				require.Equal(t, want, optout.Read(keyword+" "+word), "%s %s", keyword, word)
				require.Equal(t, want, optout.Read(word+", "+keyword), "%s, %s", word, keyword)
			}
		}
	}
}

// TestAWordOfAnotherMatter: one word that has nothing to do with it makes a
// reply in one sentence no keyword.
func TestAWordOfAnotherMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		other := rapid.StringMatching(`x[qxz][a-z]{3,8}`).Draw(t, "other")
		keyword := rapid.SampledFrom(words("stop|stopall|unsubscribe|cancel|end|quit|arret|abmelden|start|yes|help|baja|sair")).Draw(t, "keyword")
		require.Equal(t, optout.None, optout.Read(keyword+" "+other))
		require.Equal(t, optout.None, optout.Read(other+" "+keyword))
		require.Equal(t, optout.None, optout.Read(other+keyword))
	})
}

func FuzzRead(f *testing.F) {
	for _, texts := range replies() {
		for _, text := range texts {
			f.Add(text)
		}
	}
	f.Add("\xff\xfe stop")
	f.Fuzz(func(t *testing.T, text string) {
		got := optout.Read(text)
		require.Contains(t, []optout.Word{optout.None, optout.Stop, optout.Start, optout.Yes, optout.Help}, got)
		if len(text) < 500 && utf8.ValidString(text) {
			require.Equal(t, got, optout.Read(" "+text+" "), "spaces do not count")
			require.Equal(t, optout.Stop, optout.Read("STOP\n"+text), "a line that says STOP is never missed")
		}
	})
}

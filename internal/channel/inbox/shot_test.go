package inbox_test
import ("testing";"net/http";"os")
func TestShotServe(t *testing.T) {
	if os.Getenv("SHOT")=="" {t.Skip()}
	w := seed(t)
	t.Log(http.ListenAndServe("127.0.0.1:8931", w.handler))
}

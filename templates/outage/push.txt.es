---
title: "La red no funciona en tu zona"
link: https://www.example.com/network
---
Nos ocupamos de ello y te avisamos en cuanto vuelva. Las llamadas por wifi siguen funcionando.

Larkline: la red no funciona en tu zona. Nos ocupamos y te avisamos cuando vuelva. Las llamadas por wifi funcionan: https://www.example.com/network

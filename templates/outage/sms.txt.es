Larkline: la red no funciona en tu zona. Nos ocupamos de ello y te escribimos en cuanto vuelva. Las llamadas por wifi siguen funcionando: https://www.example.com/network

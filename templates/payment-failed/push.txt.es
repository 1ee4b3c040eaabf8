---
title: "No hemos podido cobrar tu factura"
link: https://www.example.com/billing
---
No se han podido cobrar {{ payment_failed.amount | number: 2 }} {{ payment_failed.currency }}. Revisa tu forma de pago para que tu línea siga activa.

---
subject: "No hemos podido cobrar {{ payment_failed.amount | number: 2 }} {{ payment_failed.currency }}"
preheader: "No ha pasado nada todavía. Revisa tu tarjeta para que tu línea siga activa."
---
<h1>No hemos podido cobrar tu factura</h1>
<p>Hola{% if customer.first_name %}, {{ customer.first_name }}{% endif %}:</p>
<p>Hemos intentado cobrar {{ payment_failed.amount | number: 2 }} {{ payment_failed.currency }} de la factura {{ payment_failed.invoice_id }}, pero tu banco lo ha rechazado. Muchas veces es solo que la tarjeta ha caducado.</p>
<p>Revisa tu forma de pago en los próximos siete días para que tu línea siga activa.</p>
<p><a class="button" href="https://www.example.com/billing">Revisar mi pago</a></p>
<p>Nunca te pediremos los datos de tu tarjeta por teléfono ni por mensaje. Si tienes dudas, escribe www.example.com directamente en el navegador.</p>
<p>Tu equipo de Larkline</p>

package demo

import (
	"math/rand/v2"
	"strings"
)

// firstNames gives first names that are common where a language is spoken.
func firstNames(locale string) []string {
	language, _, _ := strings.Cut(locale, "-")
	names := map[string]string{
		"de": "Anna Ben Clara David Elif Emma Felix Greta Hannah Jonas Jürgen Lea Leon Lukas Marie Mia Noah Paul Sophie Yusuf",
		"el": "Dimitris Eleni Giorgos Katerina Maria Nikos Sofia Yannis",
		"es": "Alejandro Ana Carlos Carmen Diego Elena Javier José Lucía Luis Marta Mateo Paula Sofía Valentina",
		"fr": "Camille Chloé Gabriel Hugo Inès Jules Léa Louis Lucas Manon Nina Théo",
		"ja": "Aoi Haruto Hina Ren Sakura Sota Yui Yuto",
		"pt": "Ana Beatriz Bruno Gabriel João Larissa Lucas Mariana Pedro Rafaela",
		"sv": "Alice Astrid Elsa Hugo Lars Liam Maja Oscar Saga William",
	}[language]
	if names == "" {
		names = "Aisha Alex Amara Arjun Ava Ben Chloe Daniel Ella Ethan Fatima Grace Hannah Isaac Jack Jada Kai Kenji Leah Liam " +
			"Lily Maya Mei Nadia Noah Olivia Omar Priya Quinn Ravi Ruby Sam Sarah Theo Tom Wei Zoe"
	}
	return strings.Fields(names)
}

// nameIn draws a first name.
func nameIn(r *rand.Rand, locale string) string { return one(r, firstNames(locale)) }

// one draws one of a list.
func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// mailbox writes a name as the first part of an address.
func mailbox(name string) string {
	return strings.NewReplacer("ü", "ue", "ö", "oe", "ä", "ae", "é", "e", "è", "e", "í", "i", "ã", "a", "á", "a", "ó", "o").
		Replace(strings.ToLower(name))
}

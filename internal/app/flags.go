package app

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// Bind adds a flag for each setting that has one; the options' values are the
// defaults.
func Bind(flags *pflag.FlagSet, o *Options) {
	for _, s := range o.Settings() {
		if s.Flag != "" {
			flags.StringVar(s.Value, s.Flag, *s.Value, s.Help+" ("+s.Env+")")
		}
	}
}

// FromEnv takes each setting whose flag was not given from the environment,
// and secrets also from the file that NAME_FILE names.
func FromEnv(flags *pflag.FlagSet, o *Options, lookup func(string) (string, bool), read func(string) ([]byte, error)) error {
	for _, s := range o.Settings() {
		if s.Flag != "" && flags.Changed(s.Flag) {
			continue
		}
		if err := s.Read(lookup, read); err != nil {
			return err
		}
	}
	return nil
}

// Read takes a setting from the environment, and one that may be secret also
// from the file that NAME_FILE names.
func (s Setting) Read(lookup func(string) (string, bool), read func(string) ([]byte, error)) error {
	if value, ok := lookup(s.Env); ok {
		*s.Value = value
	}
	path, ok := lookup(s.Env + "_FILE")
	if !s.Secret && !s.MayBeSecret || !ok {
		return nil
	}
	text, err := read(path)
	if err != nil {
		return fmt.Errorf("%s_FILE: %w", s.Env, err)
	}
	*s.Value = strings.TrimSpace(string(text))
	if s.File != nil {
		*s.File = path
	}
	return nil
}

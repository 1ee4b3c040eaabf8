package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/channel/webpush"
)

func webpushKeysCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "webpush-keys",
		Short: "Make a pair of keys for push messages to browsers.",
		Long: "Make a new pair of VAPID keys (RFC 8292) for push messages to browsers, and write them as the two variables that\n" +
			"outreach serve reads. Nothing keeps them: put the private one where your secrets are. Pages subscribe with the\n" +
			"public one, and a browser takes messages of the pair that its page subscribed with alone. So make one pair, once.",
		Example: "  outreach webpush-keys > webpush.env",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, err := webpush.GenerateKeys()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "OUTREACH_WEBPUSH_PUBLIC_KEY=%s\nOUTREACH_WEBPUSH_PRIVATE_KEY=%s\n", keys.Public, keys.Private)
			return err
		},
	}
}

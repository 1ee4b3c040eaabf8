package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/app"
)

func serveCommand() *cobra.Command {
	options := app.Defaults()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the engine against a Temporal cluster.",
		Long: "Run the engine: take events, run outreaches, send messages. Temporal runs elsewhere (--temporal-address).\n" +
			"SIGHUP loads the rules folder again. docs/configuration.md lists every setting.",
		Args: cobra.NoArgs,
	}
	app.Bind(cmd.Flags(), &options)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := app.FromEnv(cmd.Flags(), &options, os.LookupEnv, os.ReadFile); err != nil {
			return usageError(err)
		}
		err := options.Check()
		if err != nil {
			return usageError(err)
		}
		if options.Logger, err = options.NewLogger(cmd.ErrOrStderr()); err != nil {
			return usageError(err)
		}
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
		reload := make(chan struct{})
		done := make(chan struct{})
		defer close(done)
		go func() {
			for {
				select {
				case <-hangups:
				case <-done:
					return
				}
				select {
				case reload <- struct{}{}:
				case <-done:
					return
				}
			}
		}()
		options.Reload = reload
		options.Ready = func(r app.Running) { options.Greet(r, cmd.OutOrStdout()) }
		return app.Run(cmd.Context(), options)
	}
	return cmd
}

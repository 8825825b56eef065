import { defineConfig } from "vitest/config";

// Django reads the manifest (django-vite) and WhiteNoise serves the hashed files; there is no index.html.
export default defineConfig({
  base: "/static/",
  build: {
    outDir: "dist",
    manifest: true,
    target: "es2022",
    // boot.ts runs as a classic script before paint, so no helper may be injected into it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // htmx carries an eval for attributes that we switch off (main.ts).
      checks: { eval: false },
      input: [
        "src/boot.ts",
        "src/main.ts",
        "src/pages/market.ts",
        "src/pages/instrument.ts",
        "src/pages/sign-in.ts",
        "src/pages/settings.ts",
        "src/pages/strategies.ts",
        "src/pages/strategy.ts",
        "src/pages/backtests.ts",
        "src/pages/backtest.ts",
        "src/pages/backtest-new.ts",
        "src/pages/compare.ts",
        "src/pages/study-form.ts",
        "src/pages/studies.ts",
        "src/pages/sweep.ts",
        "src/pages/walk-forward.ts",
        "src/pages/patterns.ts",
        "src/pages/iscore.ts",
        "src/pages/iscore-stock.ts",
        "src/pages/signals.ts",
        "src/pages/track-record.ts",
        "src/pages/admin.ts",
        "src/pages/partner.ts",
        "src/pages/partner-docs.ts",
        "src/styles/index.css",
      ],
    },
  },
  test: { include: ["tests/**/*.test.ts"], css: true },
});

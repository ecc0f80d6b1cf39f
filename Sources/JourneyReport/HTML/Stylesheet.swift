// The one style sheet. It holds no data, so its hash allows exactly it and nothing else.
internal import Crypto
internal import Foundation

enum Stylesheet {
    /// What a browser may do with the page: nothing but this style sheet.
    static let policy = "default-src 'none'; style-src 'sha256-" + hash + "'; base-uri 'none'; form-action 'none'"

    private static let hash = Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()

    static let text =
        ":root{color-scheme:light dark;" + Palette.light.css + "}"
        + "@media (prefers-color-scheme:dark){:root{" + Palette.dark.css + "}}"
        + "@media print{:root{color-scheme:light;" + Palette.light.css + "}}" + series + rules

    private static let series =
        (1...Palette.seriesCount).map { ".s\($0){fill:var(--s\($0));background:var(--s\($0))}" }.joined()
        + (1...Palette.heatCount).map {
            ".h\($0){background:var(--h\($0));color:var(--\($0 > Palette.heatCount / 2 ? "hhigh" : "hlow"))}"
        }.joined()

    private static let rules = """
        *,*::before,*::after{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic","Geeza Pro",Tahoma,Arial,sans-serif;font-variant-numeric:tabular-nums}
        :lang(ar){line-height:1.7}
        .page{max-width:1180px;margin-inline:auto;padding:28px 20px 40px}
        h1,h2,h3,p,ul{margin:0}
        ul{padding:0;list-style:none}
        h1{font-size:28px;line-height:1.25;font-weight:600;letter-spacing:-.01em}
        :lang(ar) h1,:lang(ar) h2{letter-spacing:0}
        h2{font-size:17px;line-height:1.35;font-weight:600}
        h3{font-size:14px;font-weight:600;margin-block:18px 6px}
        .kicker{color:var(--accent);font-weight:600;font-size:13px;margin-block-end:4px}
        .soft,.lead{color:var(--soft)}
        .lead{font-size:13.5px;margin-block:2px 12px}
        header{margin-block-end:20px}
        header .soft{margin-block-start:4px}
        .grid{display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
        .card{display:flex;flex-direction:column;min-width:0;background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px 20px 14px}
        .card>.body{flex:1;min-width:0}
        .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(148px,1fr));gap:12px;margin-block-end:12px}
        .tile{display:flex;flex-direction:column;border-inline-start:3px solid var(--accent);padding-inline-start:12px;min-width:0}
        .tile .what{color:var(--soft);font-size:13px}
        .tile .big{font-size:24px;line-height:1.25;font-weight:600;overflow-wrap:anywhere}
        .tile .money{font-size:14px;font-weight:600;line-height:1.5}
        .tile .was{color:var(--soft);font-size:12.5px}
        .tile svg{margin-block-start:auto;padding-block-start:6px;height:34px}
        .said{display:grid;gap:8px}
        .said li{padding-inline-start:16px;position:relative}
        .said li::before{content:"";position:absolute;inset-inline-start:0;inset-block-start:.6em;width:6px;height:6px;border-radius:50%;background:var(--accent)}
        svg{display:block;width:100%;overflow:visible}
        svg text{font-size:13px;fill:var(--ink)}
        svg .value{fill:var(--soft)}
        svg .track{fill:var(--rule);opacity:.55}
        svg .ghost{fill:none;stroke:var(--ghost);stroke-width:1.25;stroke-dasharray:3 2}
        svg .inside{font-size:11.5px;font-weight:600;fill:var(--on)}
        svg .spark{fill:none;stroke:var(--accent);stroke-width:1.75;stroke-linejoin:round}
        svg .axis{stroke:var(--rule);stroke-width:1}
        svg .mark{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:4 2}
        svg .span{stroke:var(--accent);stroke-width:2}
        svg .dot{fill:var(--accent)}
        .legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin-block:10px 4px;font-size:13px}
        .legend li{display:flex;align-items:baseline;gap:6px}
        .swatch{display:inline-block;min-width:18px;padding-inline:4px;border-radius:4px;color:var(--on);font-size:11.5px;font-weight:600;line-height:17px;text-align:center}
        .scroll{overflow-x:auto;max-width:100%}
        .scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        svg+.scroll,.scroll+.scroll,.legend+.scroll{margin-block-start:16px}
        .body>h3:first-child,.columns h3{margin-block-start:0}
        .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:18px 32px}
        table{border-collapse:collapse;width:100%;font-size:13.5px}
        caption{text-align:start;color:var(--soft);font-size:12.5px;padding-block:0 6px}
        th,td{padding:6px 10px;text-align:start;vertical-align:top;border-block-end:1px solid var(--rule)}
        th:first-child,td:first-child{padding-inline-start:0}
        th:last-child,td:last-child{padding-inline-end:0}
        tbody tr:last-child>*{border-block-end:0}
        thead th{color:var(--soft);font-weight:600;font-size:12.5px;vertical-align:bottom}
        tbody th{font-weight:500}
        .n{text-align:end;white-space:nowrap}
        thead .n{white-space:normal}
        .n .line{display:block}
        .heat td.cell,.heat th.cell{text-align:center;padding:6px 4px;min-width:46px}
        .heat tbody th{white-space:nowrap}
        .heat td.cell{border:2px solid var(--card)}
        .step{white-space:nowrap}
        .step:not(:last-child)::after{content:"›";color:var(--soft);padding-inline:6px 2px}
        .flag{display:inline-block;border:1px solid var(--ghost);border-radius:99px;padding-inline:8px;font-size:12px;line-height:1.6;white-space:nowrap}
        .unseen{position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        details{margin-block-start:10px}
        summary{cursor:pointer;color:var(--accent);font-size:13px;width:fit-content}
        .command{margin-block-start:14px;padding-block-start:10px;border-block-start:1px solid var(--rule);font-size:12px;color:var(--soft)}
        code{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
        .command code{display:block;text-align:start}
        .none{color:var(--soft);padding-block:6px}
        footer{margin-block-start:20px;color:var(--soft);font-size:12.5px}
        footer ul{display:flex;flex-wrap:wrap;gap:4px 18px}
        @media (min-width:960px){.grid{grid-template-columns:repeat(2,minmax(0,1fr))}.wide{grid-column:1/-1}}
        @media (max-width:480px){.page{padding:18px 12px 28px}.card{padding:14px 14px 12px;border-radius:10px}h1{font-size:23px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.tile .big{font-size:21px}}
        @page{size:A4;margin:14mm 12mm}
        @media print{body{background:none;font-size:11.5px;print-color-adjust:exact;-webkit-print-color-adjust:exact}.page{max-width:none;padding:0}.grid{display:block}.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}.card{break-inside:avoid;margin-block-end:10px;border-radius:6px;padding:10px 12px}h2,h3,thead{break-after:avoid}tr,.tile,svg{break-inside:avoid}table,thead th,caption,.command,.command code,footer{font-size:9.5px}h1{font-size:22px}h2{font-size:14px}h3{font-size:12px}.lead,.said,svg text,.legend,.tile .what,.tile .was,summary{font-size:10.5px}.tile .big{font-size:18px}.tile .money{font-size:11.5px}svg .inside,.swatch{font-size:9.5px}.scroll{overflow:visible}th,td{padding:3px 4px}.n{white-space:normal}.heat td.cell,.heat th.cell{min-width:0;padding:3px 2px}summary{color:var(--soft)}details::details-content{content-visibility:visible;display:block;height:auto}}

        """
}

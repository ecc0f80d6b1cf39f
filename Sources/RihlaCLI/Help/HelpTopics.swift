// `rihla help TOPIC`: ideas that several commands share.

enum HelpTopics {
    /// The text of a topic that the arguments ask for; nil when they ask for something else.
    static func text(for arguments: [String]) -> String? {
        guard arguments.count == 2, arguments[0] == "help" else { return nil }
        switch arguments[1] {
        case "formats": return formats
        case "mapping": return mapping
        case "rules": return rules
        case "time": return time
        case "exit-codes": return exitCodes
        case "environment": return environment
        default: return nil
        }
    }

    private static let formats = """
        FORMATS

        In: one JSON object a line (NDJSON), gzip or not, or CSV with a mapping.
          {"id":"e-1","source":"web","type":"page_viewed","occurred_at":"2026-01-02T03:04:05.678Z",
           "customer":"email:a@b.example","channel":"email","amount":"129.90","currency":"EUR"}
        `id`, `type` and `occurred_at` are required. (`source`, `id`) is remembered for ever: the same event again is a
        duplicate, another event under the same id is a conflict. Keys that are no field are properties.

        Out: --format table (for people), json (one object), ndjson (one row a line), csv, markdown.
        Money is {"amount":"12.50","currency":"EUR"}; rates are 0…1 or null; durations end in _seconds. On a terminal control
        characters and bidi overrides in data are escaped; files and pipes get what was stored.

        """
    private static let mapping = """
        MAPPING

        `rihla ingest FILE --mapping mapping.yaml` makes events of the rows of a table. `--dry-run` shows what would come.

          format: csv                     # or ndjson: columns are paths such as context.campaign.name
          delimiter: ";"                  # default: comma
          encoding: windows-1256          # default: utf-8; also utf-16, latin1
          decimal: ","                    # amounts such as 1.234,50; default: plain decimals
          header: true                    # false: columns: [a, b, c]
          source: crm
          values: {origin: {"Google Ads": paid_search}}
          events:
            - type: deal_won
              when: {column: won_date, present: true}      # or equals: X, in: [X, Y], not: X; a list: all of them
              id: "won:{deal_no}"                          # the same row again must give the same id
              customer: "email:{mail}"
              occurred_at: {column: won_date, format: "dd.MM.yyyy", zone: Asia/Riyadh}
              deal: "{deal_no}"
              channel: "{origin}"
              amount: "{value}"
              currency: SAR
              properties: {owner: "{salesperson}"}         # or properties: all

        An event also takes account, campaign, actor, correlation_id and causation_id. A time is rfc3339, epoch_s, epoch_ms
        or a pattern; a list is tried in order. A template whose columns are all empty leaves its field out.

        """
    private static let rules = """
        RULES

        One YAML document says what events mean: lifecycle stages, which types are touchpoints and conversions, channels,
        look-back windows, pipelines. `rihla rules show` prints the rules in force; what you write is laid over the default
        key by key. `rihla rules check FILE` names every unknown key with line and column. `--rules FILE` on any question
        asks with other rules and changes nothing. `rihla rules set FILE` puts rules in force: they are an event of the
        log, so `rihla rules history` lists them, and `--as-at` answers by the rules of then. There are at most 64 stages.

        """
    private static let time = """
        TIME

        A time is RFC 3339 (2026-03-01T09:30:00Z), a date (2026-03-01: its start in the zone), or relative to now (-7d).
        A duration is 90s, 30m, 4h, 7d or 2w; the longest is 3652500d (10,000 years).
        --as-of TIME      only what had happened by then (occurred_at at or before it)
        --as-at POSITION  only what was known then: the events up to this position of the log
        --as-at TIME      the same, by the time at which the store took them in
        --from, --to      from a time on, and before a time
        --zone ZONE       the time zone of dates, an IANA name such as Asia/Riyadh (default: the rules')

        """
    private static let exitCodes = """
        EXIT CODES

          0    ok
          1    failure
          2    ran, but found something: rejected lines, findings of verify, parked keys
          3    not found: no such store, customer, deal, view or file
          4    refused: version conflict, id conflict, permission
          5    disk full, or reading or writing failed
          6    damaged, shortened or foreign store
          7    locked or busy
          64   usage
          130  interrupted (143 by SIGTERM, 129 by SIGHUP); a signal that is ignored at the start stays ignored
        A closed pipe ends a command quietly.

        """
    private static let environment = """
        ENVIRONMENT

          RIHLA_STORE     the store's directory when --store is not given (else ./rihla-store)
          NO_COLOR        no colour when set
          CLICOLOR_FORCE  colour also when standard output is no terminal
          COLUMNS         the terminal's width

        """
}

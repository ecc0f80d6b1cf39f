// One demo store for all tests that only read, made once in a run; and the files that examples name.
import Foundation
import TestSupport

enum DemoStore {
    /// A directory with `rihla-demo`, `events.ndjson`, `orders.csv`, `orders.yaml`, `rules.yaml`, `scoring.yaml` and `demo.ndjson`.
    static let directory: String = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-demo-" + UUID().uuidString).path
        do {
            try make(at: path)
        } catch {
            preconditionFailure("the demo store cannot be made: \(error)")
        }
        return path
    }()

    /// The store of `directory`.
    static var store: String { directory + "/rihla-demo" }

    static func make(at path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let files = [
            "events.ndjson": #"""
            {"id":"x-1","source":"web","type":"page_viewed","occurred_at":"2026-03-01T10:00:00Z","customer":"email:a@b.example","channel":"email"}
            {"id":"x-2","source":"crm","type":"deal_amount_changed","occurred_at":"2026-03-01T11:00:00Z","deal":"d-7","amount":"120","currency":"EUR"}

            """#,
            "orders.csv": "order,date,mail,total\n1,2026-01-02,a@b.example,12.50\n2,2026-01-03,c@d.example,7\n",
            "orders.yaml": """
            format: csv
            source: shop
            events:
              - type: order_completed
                id: "order:{order}"
                customer: "email:{mail}"
                occurred_at: {column: date, format: "yyyy-MM-dd", zone: UTC}
                amount: "{total}"
                currency: EUR

            """,
            "rules.yaml": "attribution: {lookback: 90d}\n",
            "scoring.yaml": """
            scoring:
              fit:
                - {name: from_website, property: origin, is: website, points: 40}
              engagement:
                - {type: page_viewed, points: 5, cap: 20, per_day: 2, half_life: 14d}
                - {type: demo_held, points: 40, half_life: 30d}
              mql: 60

            """,
        ]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
        }
        for arguments in [
            ["demo", "--store", "rihla-demo"], ["export", "--store", "rihla-demo", "-o", "demo.ndjson"],
        ] {
            let result = try RihlaBinary.run(arguments, directory: path)
            guard result.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: ["why": result.err]) }
        }
    }
}

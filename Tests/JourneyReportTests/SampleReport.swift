// A report as JSON with every part that a page can show, in the shapes that the commands give.
import Foundation
import JourneyEvents

enum SampleReport {
    /// JSON text as a value.
    static func json(_ text: String) throws -> JSONValue {
        value(try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed))
    }

    private static func value(_ object: Any) -> JSONValue {
        switch object {
        case let members as [String: Any]:
            return .object(members.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, value($0.value)) })
        case let values as [Any]: return .array(values.map(value))
        case let text as String: return .string(text)
        case let number as NSNumber:
            // A number made from true or false is a flag.
            if String(cString: number.objCType) == "c" { return .bool(number.boolValue) }
            let double = number.doubleValue
            return double == double.rounded() ? .int(number.int64Value) : .double(double)
        default: return .null
        }
    }

    /// A report whose names from data are all `name`.
    static func report(name: String, parts: [String]? = nil, full: Bool = true) throws -> JSONValue {
        let quoted = JSONValue.string(name).text
        let answers = (full ? self.full : empty).map {
            // A figure's name sorts behind the others whatever it is.
            ($0.0, $0.1.replacing("NAME", with: quoted).replacing("FIGURE", with: JSONValue.string("zz" + name).text))
        }
        let shown = answers.filter { parts?.contains($0.0) ?? true }.map { part, answer in
            #"{"part":"\#(part)","command":"rihla \#(part)","answer":\#(answer)}"#
        }
        return try json(head.replacing("NAME", with: quoted).replacing("PARTS", with: shown.joined(separator: ",")))
    }

    private static let head = #"""
        {"schema":"rihla.report/1","position":9,"as_of":"2026-03-01T00:00:00.000Z","as_at":7,"rules":"733ad47e8c9e9f05",
         "warnings":[{"code":"parked_keys","message":NAME,"count":2}],
         "period":{"unit":"month","name":"2026-02","first_day":"2026-02-01","last_day":"2026-02-28",
           "from":"2026-02-01T00:00:00.000Z","to":"2026-03-01T00:00:00.000Z","complete":true},
         "before":{"name":"2026-01","first_day":"2026-01-01","last_day":"2026-01-31",
           "from":"2026-01-01T00:00:00.000Z","to":"2026-02-01T00:00:00.000Z"},
         "zone":"UTC","local_time":"2026-03-01T00:00",
         "facts":{"events":1234,"position":7,"last_event_at":"2026-02-28T09:00:00.000Z"},
         "figures":[
           {"figure":"events","now":20,"before":10},{"figure":"new_customers","now":12,"before":9},
           {"figure":"conversions","now":2,"before":2},
           {"figure":"value","now":[{"amount":"1234.505","currency":"EUR"}],"before":[]},
           {"figure":"deals_created","now":1,"before":3},{"figure":"deals_won","now":2,"before":1},
           {"figure":"won_amount","now":[{"amount":"10.00","currency":"EUR"},{"amount":"7","currency":"JPY"}],"before":[]},
           {"figure":"deals_lost","now":1,"before":0},{"figure":"win_rate","now":0.6666666,"before":null},
           {"figure":"open_deals","now":1,"before":2},{"figure":"open_amount","now":[],"before":[]}],
         "trend":[{"period":"2026-01","new_customers":9,"conversions":2,"deals_created":3,"deals_won":1},
           {"period":"2026-02","new_customers":12,"conversions":2,"deals_created":1,"deals_won":2}],
         "changes":{
           "customers":{"forward":3,"back":1,"moves":[{"from":"interest","to":NAME,"customers":3}]},
           "deals_won":{"deals":2,"amount":[{"amount":"10.00","currency":"EUR"}],"list":[{"deal":NAME},{"deal":"d-2"}]},
           "deals_lost":{"deals":1,"amount":[],"list":[{"deal":NAME}]},
           "deals_slipped":{"deals":5,"amount":[{"amount":"99","currency":"EUR"}],
             "list":[{"deal":NAME},{"deal":"d-3"},{"deal":"d-4"},{"deal":"d-5"}]},
           "deals_reopened":{"deals":1,"amount":[],"list":[{"deal":NAME}]},
           "deals_moved":4,"model":"linear","channels":[{"channel":NAME,"before":1.5,"now":4.25}]},
         "parts":[PARTS]}
        """#

    private static let full: [(String, String)] = [
        (
            "kpis",
            #"""
            {"period":{"name":"2026-02"},"marketing":{"visits":{"value":1200,"before":{"value":1000}},
             FIGURE:{"value":1,"before":{"value":2}},
             "loyalty":{"value":0.125,"numerator":1,"denominator":8,"before":null},
             "dwell_seconds":{"value":{"n":1,"p50":90},"before":{"value":{"n":2,"p50":45}}}},
             "sales":{"revenue":{"value":[{"amount":"12.5","currency":"EUR"}],"before":{"value":[]}},
              "stages":[{"pipeline":"default","stage":NAME,"value":0.5,"numerator":1,"denominator":2,"before":null}]},
             "shared":{"lifecycle":[{"from":"awareness","to":"interest","value":1,"numerator":3,"denominator":3,
               "before":{"value":0.85,"numerator":17,"denominator":20}}],
              "revenue_share_from_marketing":{"value":[{"currency":"EUR","share":0.25}],"before":{"value":[]}}}}
            """#
        ),
        (
            "funnel",
            #"""
            {"mode":"lifecycle","groups":[{"group":"all","entered":10,"steps":[
             {"step":1,"name":"awareness","reached":10,"step_rate":1,"overall_rate":1,"from_previous":null},
             {"step":2,"name":NAME,"reached":4,"step_rate":0.4,"overall_rate":0.4,"from_previous":{"n":4,"p50":5400}}]}]}
            """#
        ),
        ("stages", #"{"customers":10,"stages":[{"stage":NAME,"now":4,"peak":5},{"stage":null,"now":1,"peak":1}]}"#),
        (
            "attribution",
            #"""
            {"conversions":3,"models":[{"model":"first","rows":[{"key":NAME,"conversions":2},{"key":"email","conversions":1}]},
             {"model":NAME,"rows":[{"key":NAME,"conversions":1.5},{"key":"a","conversions":0.5},{"key":"b","conversions":0.4},
             {"key":"c","conversions":0.3},{"key":"d","conversions":0.1},{"key":"e","conversions":0.1},
             {"key":"f","conversions":0.1}]}]}
            """#
        ),
        (
            "channels",
            #"""
            {"model":"linear","rows":[{"channel":NAME,"spend":[{"amount":"10","currency":"EUR"}],"touches":3,"leads":1.5,
             "customers":1,"revenue":[{"amount":"-25.5","currency":"EUR"}],"cac":[],"roas":2.55},
             {"channel":"email","spend":[],"impressions":0,"touches":0,"leads":0,"customers":0,"revenue":[],"cac":[],"roas":null}]}
            """#
        ),
        (
            "paths",
            #"""
            {"paths":[{"path":[NAME,"email"],"conversions":2,"value":[{"amount":"3","currency":"EUR"}]},
             {"path":[],"conversions":1,"value":[]},{"path":["a","b","c","d","e","f","g","h","i","j"],"conversions":1,"value":[]},
             {"path":["sms"],"conversions":0,"value":[]}]}
            """#
        ),
        (
            "pipeline",
            #"""
            {"pipelines":[{"pipeline":NAME,"stages":[{"stage":NAME,"probability":0.2,"open":3,
             "amount":[{"amount":"300.00","currency":"EUR"}],"weighted":[{"amount":"60.00","currency":"EUR"}],"entered":9,
             "advanced":4,"moved_back":1,"won":0,"lost":1,"rate":0.8,"dwell":{"n":5,"p50":172800},"stuck":1}],
             "won":4,"lost":2,"win_rate":0.6666666,"won_amount":[{"amount":"400","currency":"EUR"}],
             "cycle":{"n":4,"p50":864000},"velocity_per_day":[{"amount":"26.67","currency":"EUR"}]},
             {"pipeline":"second","stages":[{"stage":null,"probability":null,"open":1,"amount":[],"weighted":[]}],
             "won":0,"lost":0,"win_rate":null,"won_amount":[],"cycle":{"n":0,"p50":null},"velocity_per_day":[]}]}
            """#
        ),
        (
            "open_deals",
            #"""
            {"open":2,"ages":[{"from_days":0,"to_days":15},{"from_days":15,"to_days":null}],"stages":[{"pipeline":"default",
             "stage":NAME,"open":2,"amount":[{"amount":"5","currency":"KWD"}],"overdue":1,"stuck":1,"ages":[1,0,1]}],
             "oldest":[{"deal":NAME,"stage":NAME,"owner":NAME,"amount":"1234.5","currency":"EUR","expected_close":"2026-02-03",
             "overdue":true,"stuck":false,"age_seconds":86400},
             {"deal":"d-9","stage":null,"owner":null,"amount":null,"currency":null,"expected_close":NAME,"overdue":false,
             "stuck":true,"age_seconds":null}]}
            """#
        ),
        (
            "forecast",
            #"""
            {"periods":[{"period":"2026-03","closed":[{"amount":"1000","currency":"EUR"}],"commit":[],
             "best_case":[{"amount":"500","currency":"EUR"}],"pipeline":[{"amount":"70","currency":"USD"}],
             "weighted":[{"amount":"1250.00","currency":"EUR"}],"slipped":{"deals":2,"amount":[{"amount":"99","currency":"EUR"}]}},
             {"period":NAME,"closed":[],"commit":[],"best_case":[],"pipeline":[],"weighted":[],"slipped":{"deals":0,"amount":[]}}]}
            """#
        ),
        (
            "cohorts",
            #"""
            {"cohorts":[{"cohort":"2026-01","size":8,"periods":[{"k":0,"rate":1},{"k":1,"rate":0.25},{"k":2,"rate":null}]},
             {"cohort":NAME,"size":4,"periods":[{"k":0,"rate":0.5}]}]}
            """#
        ),
        (
            "objections",
            #"""
            {"base_win_rate":0.5,"categories":[{"category":"price","raised":12,"resolved":9,"deals":11,"won":4,"lost":7,
             "win_rate":0.3636,"lift":-0.1364,"low":0.1517,"high":0.6462},
             {"category":NAME,"raised":1,"resolved":0,"deals":1,"won":0,"lost":0,"win_rate":null,"lift":null,"low":null,
             "high":null}],"responses":[{"response":NAME,"used":6,"won":5,"lost":1,"win_rate":0.8333,"low":0.4365}],
             "competitors":[{"competitor":NAME,"deals":5,"won":0,"lost":5,"win_rate":0}],
             "questions":[{"question":NAME,"count":3,"customers":2,"last_asked_at":"2026-02-03T10:00:00.000Z"}]}
            """#
        ),
        (
            "sla",
            #"""
            {"summary":{"handed_off":7,"accepted":5,"rejected":1,"contacted":4,"met":4,"breached":2,"open":1},
             "by_owner":[{"owner":NAME,"handed_off":7,"accepted":5,"rejected":1,"contacted":4,"met":4,"breached":2,"open":1}],
             "handoffs":[]}
            """#
        ),
        (
            "bottlenecks",
            #"""
            {"nodes":[{"step":NAME,"n":3,"dwell":{"n":2,"p50":7200,"p90":null},"dropped":1,"stuck":0,"wait_share":0.75},
             {"step":"none","n":0,"dwell":{"n":0},"dropped":0,"stuck":0,"wait_share":0}]}
            """#
        ),
        (
            "deal_bottlenecks",
            #"{"nodes":[{"step":"closing","n":3,"dwell":{"n":2,"p50":60,"p90":61},"dropped":1,"stuck":0,"wait_share":0.2}]}"#
        ),
    ]

    /// Every part of a store that knows nothing of it.
    private static let empty: [(String, String)] = [
        ("kpis", #"{"period":"month","marketing":{},"sales":{},"shared":{}}"#),
        ("funnel", #"{"groups":[{"group":"all","entered":0,"steps":[]}]}"#),
        ("stages", #"{"customers":0,"stages":[]}"#), ("attribution", #"{"conversions":0,"models":[]}"#),
        ("channels", #"{"rows":[]}"#), ("paths", #"{"paths":[]}"#), ("pipeline", #"{"pipelines":[]}"#),
        ("open_deals", #"{"open":0,"ages":[],"stages":[],"oldest":[]}"#), ("forecast", #"{"periods":[]}"#),
        ("cohorts", #"{"cohorts":[]}"#),
        ("objections", #"{"base_win_rate":null,"categories":[],"responses":[],"competitors":[],"questions":[]}"#),
        ("sla", #"{"summary":{"handed_off":0},"by_owner":[],"handoffs":[]}"#), ("bottlenecks", #"{"nodes":[]}"#),
        ("deal_bottlenecks", #"{"nodes":[]}"#),
    ]
    static let partNames = full.map(\.0)
}

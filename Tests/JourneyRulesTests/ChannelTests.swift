// Every row of the channel table, and the traps between them.
import JourneyRules
import Testing

private func channel(_ source: String, _ medium: String = "", _ campaign: String = "") -> String {
    RuleSet.default.channel(for: ChannelInput(source: source, medium: medium, campaign: campaign))
}

private func channel(url: String, referrer: String? = nil, _ utm: [String: String] = [:]) -> String {
    RuleSet.default.channel(for: RuleSet.channelInput(url: url, referrer: referrer, utm: utm))
}

struct ChannelTests {
    @Test(arguments: [
        ("direct", "(direct)", "(none)", ""), ("direct", "", "", ""), ("direct", "", "(not set)", ""),
        ("cross_network", "google", "cpc", "2026 Cross-network"),
        ("paid_shopping", "amazon", "cpc", ""), ("paid_shopping", "google", "cpc", "shop-spring"),
        ("paid_shopping", "google", "ppc", "big shopping week"),
        ("paid_search", "google", "cpc", ""), ("paid_search", "bing", "paid", ""),
        ("paid_search", "google.com", "ppc", ""),
        ("paid_social", "facebook", "cpm", ""), ("paid_social", "linkedin", "retargeting", ""),
        ("paid_video", "youtube", "cpv", ""), ("paid_video", "vimeo", "paid_video", ""),
        ("display", "news", "display", ""), ("display", "news", "banner", ""), ("display", "news", "expandable", ""),
        ("display", "news", "interstitial", ""), ("display", "news", "cpm", ""),
        ("paid_other", "news", "cpc", ""), ("paid_other", "news", "paid-something", ""),
        ("organic_shopping", "etsy", "", ""), ("organic_shopping", "news", "link", "the shop"),
        ("organic_social", "instagram", "", ""), ("organic_social", "news", "social-media", ""),
        ("organic_social", "news", "sm", ""), ("organic_social", "news", "social network", ""),
        ("organic_video", "youtube", "", ""), ("organic_video", "news", "a-video-ad", ""),
        ("organic_search", "duckduckgo", "", ""), ("organic_search", "news", "organic", ""),
        ("organic_search", "www.google.co.uk", "referral", ""),
        ("email", "e-mail", "", ""), ("email", "newsletter", "email", ""), ("email", "e mail", "x", ""),
        ("affiliates", "partner", "affiliate", ""),
        ("ai_assistant", "chatgpt.com", "referral", ""), ("ai_assistant", "www.perplexity.ai", "referral", ""),
        ("referral", "blog.example", "referral", ""), ("referral", "blog", "app", ""),
        ("audio", "podcast", "audio", ""), ("sms", "sms", "", ""), ("sms", "provider", "sms", ""),
        ("mobile_push", "news", "webpush", ""), ("mobile_push", "news", "mobile-web", ""),
        ("mobile_push", "news", "notification", ""), ("mobile_push", "firebase", "", ""),
        ("unassigned", "news", "something", ""),
    ])
    func `The first row that matches gives the channel, whatever the case`(
        _ expected: String,
        _ source: String,
        _ medium: String,
        _ campaign: String
    ) {
        #expect(channel(source, medium, campaign) == expected)
        #expect(channel(source.uppercased(), medium.uppercased(), campaign.uppercased()) == expected)
    }

    @Test func `A short name is a host only as the part before the last`() {
        #expect(channel("x.com", "referral") == "organic_social")
        #expect(channel("m.vk.com", "referral") == "organic_social")
        #expect(channel("x.example.com", "referral") == "referral")
        #expect(channel("m.t.co", "referral") == "organic_social")
        #expect(channel("not-google.com", "referral") == "referral")
    }

    @Test func `Shop counts at a start of a word or after an e, not within others`() {
        for campaign in ["shop", "eshop", "e-shop", "2shop", "my shopping"] {
            #expect(channel("n", "", campaign) == "organic_shopping")
        }
        for campaign in ["workshop", "bishop", "sho", ""] { #expect(channel("n", "", campaign) == "unassigned") }
    }

    @Test(arguments: [
        ("gclid=1", "paid_search"), ("gbraid=1", "paid_search"), ("wbraid=1", "paid_search"),
        ("msclkid=1", "paid_search"), ("ttclid=1", "paid_social"), ("li_fat_id=1", "paid_social"),
        ("dclid=1", "display"), ("fbclid=1", "organic_social"),
        ("fbclid=1&utm_medium=cpc&utm_source=facebook", "paid_social"),
        ("gclid=1&utm_source=news&utm_medium=email", "email"), ("gclid=", "direct"), ("q=1#gclid=1", "direct"),
    ])
    func `Click ids stand in for an empty medium`(_ query: String, _ expected: String) {
        #expect(channel(url: "https://www.example.com/a?\(query)") == expected)
    }

    @Test func `A click id of no name is no direct visit`() {
        #expect(channel(url: "https://www.example.com/", ["click_id": "77"]) == "unassigned")
    }

    @Test func `Addresses are decoded and properties win over them`() {
        #expect(channel(url: "https://a.example/?utm_source=e%20mail&x=%zz&=&utm_medium") == "email")
        #expect(channel(url: "https://a.example/?utm_source=e+mail") == "email")
        #expect(
            channel(url: "https://a.example/?utm_source=google&utm_medium=cpc", ["utm_medium": "organic"])
                == "organic_search"
        )
        #expect(channel(url: "https://a.example/?utm%5Fsource=sms") == "sms")
    }

    @Test func `A referrer counts when it is another host`() {
        #expect(channel(url: "https://www.example.com/", referrer: "https://example.com/before") == "direct")
        #expect(channel(url: "https://example.com/", referrer: "https://user@Blog.Example:8080/x") == "referral")
        #expect(channel(url: "https://example.com/", referrer: "https://www.google.com/") == "organic_search")
        #expect(channel(url: "https://example.com/", referrer: "android-app") == "direct")
    }
}

// The complete default: every event type of the vocabulary, the channel table, the default pipeline. A user's document is
// laid over it key by key.

extension RuleSet {
    /// The rules inside the binary, as the document that they are read from.
    public static let defaultYAML = """
        version: 1
        time_zone: UTC
        stages: [awareness, interest, consideration, decision, purchase, loyalty]
        dormant_after: 90d
        types:
          ad_impression: {stage: awareness, web: false}
          ad_clicked: {stage: awareness, touch: true, web: true}
          page_viewed: {stage: awareness, touch: session_start, web: true}
          content_downloaded: {stage: interest, touch: true, web: true}
          video_watched: {stage: interest, web: true}
          email_sent: {}
          email_delivered: {}
          email_bounced: {}
          email_opened: {stage: awareness, channel: email}
          email_clicked: {stage: interest, touch: true, channel: email, web: true}
          email_unsubscribed: {effect: email_unsubscribed}
          social_engaged: {stage: awareness, touch: true, channel: organic_social}
          event_attended: {stage: consideration, touch: true, channel: event}
          form_submitted: {stage: interest, touch: true, web: true}
          chat_started: {stage: interest, touch: true, channel: chat, web: true}
          account_created: {stage: interest}
          trial_started: {stage: consideration}
          product_used: {stage: consideration}
          lead_created: {stage: interest, effect: lead_created}
          lead_scored: {}
          mql_reached: {stage: consideration, effect: mql_reached}
          lead_handed_off: {stage: consideration, effect: lead_handed_off}
          lead_accepted: {stage: consideration, effect: lead_accepted}
          lead_rejected: {effect: lead_rejected}
          lead_disqualified: {effect: lead_disqualified}
          sql_reached: {stage: decision, effect: sql_reached}
          call_made: {stage: consideration, touch: connected, channel: call}
          sales_email_sent: {}
          sales_email_replied: {stage: consideration, touch: true, channel: sales_email}
          meeting_booked: {stage: consideration}
          meeting_held: {stage: consideration, touch: true, channel: meeting}
          meeting_missed: {}
          demo_held: {stage: consideration, touch: true, channel: demo}
          deal_created: {stage: decision, effect: deal_created}
          deal_stage_changed: {stage: decision, effect: deal_stage_changed}
          deal_amount_changed: {effect: deal_amount_changed}
          deal_close_date_changed: {effect: deal_close_date_changed}
          deal_owner_changed: {effect: deal_owner_changed}
          proposal_sent: {stage: decision}
          objection_raised: {stage: decision, effect: objection_raised}
          objection_resolved: {stage: decision, effect: objection_resolved}
          negotiation_started: {stage: decision}
          discount_offered: {stage: decision}
          contract_sent: {stage: decision}
          contract_signed: {stage: decision}
          deal_won: {stage: purchase, effect: deal_won}
          deal_lost: {effect: deal_lost}
          deal_reopened: {effect: deal_reopened}
          product_added: {stage: decision, web: true}
          checkout_started: {stage: decision, web: true}
          order_completed: {stage: purchase}
          order_refunded: {effect: order_refunded}
          subscription_started: {stage: purchase}
          subscription_renewed: {stage: loyalty}
          subscription_changed: {}
          subscription_cancelled: {effect: customer_churned}
          onboarding_completed: {stage: purchase}
          support_ticket_opened: {}
          support_ticket_resolved: {}
          nps_answered: {effect: nps_answered}
          review_posted: {stage: loyalty}
          referral_made: {stage: loyalty}
          customer_churned: {effect: customer_churned}
          spend_recorded: {}
          stage_set: {effect: stage_set}
          follow_up_planned: {effect: follow_up_planned}
          follow_up_done: {effect: follow_up_done}
          identity_linked: {effect: identity_linked}
          identity_unlinked: {effect: identity_unlinked}
          identity_blocked: {effect: identity_blocked}
          consent_changed: {}
          rules_set: {}
        aliases: {}
        conversions:
          - {name: deal_won, type: deal_won}
          - {name: order, type: order_completed}
        session: {gap: 30m, on_new_campaign: false}
        attribution: {lookback: 30d, path: overlap, direct: drop, half_life: 7d, first: 0.4, last: 0.4}
        lists:
          search: [google, bing, yahoo, duckduckgo, baidu, yandex, ecosia, qwant, naver, ask, aol, startpage, brave]
          social: [facebook, fb, instagram, ig, linkedin, twitter, x, t.co, tiktok, pinterest, reddit, snapchat, whatsapp, telegram, quora, threads, weibo, vk]
          video: [youtube, vimeo, twitch, dailymotion, netflix, hulu, disneyplus]
          shopping: [amazon, ebay, etsy, walmart, alibaba, aliexpress, shopify, google shopping, noon, shopping]
          ai: [chatgpt, chatgpt.com, openai, perplexity, perplexity.ai, gemini, gemini.google.com, claude, claude.ai, copilot, copilot.microsoft.com]
        channels:
          - {channel: direct, when: {source: ["(direct)", ""], medium: ["(none)", "(not set)", ""], no_click_id: true}}
          - {channel: cross_network, when: {campaign_contains: cross-network}}
          - {channel: paid_shopping, when: {shopping: true, paid: true}}
          - {channel: paid_search, when: {source_list: search, paid: true}}
          - {channel: paid_social, when: {source_list: social, paid: true}}
          - {channel: paid_video, when: {source_list: video, paid: true}}
          - {channel: display, when: {medium: [display, banner, expandable, interstitial, cpm]}}
          - {channel: paid_other, when: {paid: true}}
          - {channel: organic_shopping, when: {shopping: true}}
          - {channel: organic_social, when: {source_list: social}}
          - {channel: organic_social, when: {medium: [social, social-network, social-media, sm, social network, social media]}}
          - {channel: organic_video, when: {source_list: video}}
          - {channel: organic_video, when: {medium_contains: video}}
          - {channel: organic_search, when: {source_list: search}}
          - {channel: organic_search, when: {medium: [organic]}}
          - {channel: email, when: {source: [email, e-mail, e_mail, e mail]}}
          - {channel: email, when: {medium: [email, e-mail, e_mail, e mail]}}
          - {channel: affiliates, when: {medium: [affiliate]}}
          - {channel: ai_assistant, when: {source_list: ai}}
          - {channel: referral, when: {medium: [referral, app, link]}}
          - {channel: audio, when: {medium: [audio]}}
          - {channel: sms, when: {source: [sms]}}
          - {channel: sms, when: {medium: [sms]}}
          - {channel: mobile_push, when: {medium_ends: push}}
          - {channel: mobile_push, when: {medium_contains: mobile}}
          - {channel: mobile_push, when: {medium_contains: notification}}
          - {channel: mobile_push, when: {source: [firebase]}}
        pipelines:
          default:
            stages:
              - {name: prospecting, probability: 0.1}
              - {name: first_contact, probability: 0.2}
              - {name: presentation, probability: 0.4}
              - {name: objection_handling, probability: 0.5}
              - {name: negotiation, probability: 0.7}
              - {name: closing, probability: 0.9}
        sla: {accept: 4h, contact: 1bd, contacts: [call_made, sales_email_sent, meeting_held, demo_held], calendar: {zone: UTC, hours: {mon-fri: "09:00-17:00"}, holidays: []}}
        scoring: {fit: [], engagement: [], mql: 60}
        identity: {devices: split_by_time, limits: {user_id: 1, email: 5, device: 100}, blocked: ["null", undefined, anonymous, "0", "-1", guest, none, nil, unknown, test, "true", "false"]}
        """
}

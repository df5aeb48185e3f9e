{# How long the lists of a ranking are: so many are served; a list that gets longer than the most is cut
   to those that are kept, one that gets shorter than what is served is counted again. #}
{% set served = 10 %}
{% set kept = 40 %}
{% set most = 60 %}

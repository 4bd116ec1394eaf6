"""Names of nobody in particular and organisations that do not exist, to draw the story's people from."""


def _names(text: str) -> list[str]:
    return text.split()


GIVEN_NAMES = _names(
    """
    Aaliyah Abena Adaeze Adebayo Agnieszka Ahmed Aisha Alasdair Alice Amara Amina Anand Andrzej Aneesa
    Angharad Anita Anjali Anthony Arjun Ayodele Beatriz Benjamin Bethan Bilal Bronwen Callum Camille
    Carlos Catherine Charlotte Chiamaka Chidi Chloé Claire Daniel Deepa Delroy Devika Dominika Dylan Ebony
    Efua Eilidh Elena Emeka Emily Ewa Faisal Farah Fatima Femi Fiona Funmilayo Gareth Gemma George Georgia
    Grace Gurpreet Habiba Hamza Hannah Harjit Harriet Hassan Helen Huw Ibrahim Imogen Imran Ioana Isaac
    Isla Jamal James Jasmine Jaswinder Joanna Joel Jonathan Joy Juan Kamal Karen Kateryna Kavita Keisha
    Khadija Kieran Kofi Kwame Laila Laura Leon Lerato Liam Lloyd Louise Mairead Manjit Marcus Maria Mariam
    Mei Michael Mohammed Monika Nadia Naomi Natasha Neha Ngozi Niamh Nicholas Nikhil Nkechi Obinna Olga
    Olivia Oluwaseun Omar Owen Padraig Parveen Patrick Paul Pavel Philippa Pooja Priya Rachel Radu Rahul
    Rashid Renée Rhiannon Richard Robert Rohan Rosa Ruth Sabrina Sadia Samuel Sanjay Sarah Shanice Shreya
    Simone Siobhan Siân Sofia Stephen Sunita Suresh Tamara Tariq Temitope Thandiwe Thomas Tomasz Trevor
    Uzma Valentina Victoria Vikram Wei Winston Yasmin Yetunde Yusuf Zainab Zoë Łukasz
    """
)

FAMILY_NAMES = _names(
    """
    Abara Achebe Adeyemi Agarwal Ahmadi Akhtar Akinola Ali Allcroft Ansah Appiah Asante Ashdown Aziz
    Babatunde Bailey Banerjee Barrowclough Begum Bello Bennett Bhatt Birch Boateng Bramhall Brathwaite
    Brennan Byrne Campbell Carter Chandra Chapman Chatterjee Chen Cheung Choudhury Clarke Cohen Conteh
    Cooper Costa Cowper Crabtree D'Souza Danso Darko Davies Desai Dhillon Doherty Douglas Edwards Ellery
    Eze Farooq Fashola Fenwick Fernandes Flanagan Forsyth Fraser Gallagher Garrick Ghosh Gill Gordon
    Grewal Griffiths Gunawardena Gupta Hall Haque Hargreaves Henriques Hughes Hussain Ibekwe Iqbal Islam
    Jackson Jallow Jankowski Jenkins Johal Jones Joshi Kaminska Kaur Kelly Khan Kirkbride Koroma Kovács
    Kowalczyk Krishnan Kumar Lam Lawal Lewis Llewellyn Lloyd-Price MacLeod Mahmood Malik Mansaray Marsden
    Martin Mbeki McAllister McCarthy Mehta Mensah Miah Mistry Mitchell Mohamud Morgan Moyo Mukherjee
    Murphy Nair Ncube Ndiaye Nowak Nwosu O'Brien O'Connor Obi Odukoya Ogunleye Okafor Okoro Oldroyd Osei
    Owusu Oyelaran Parry Patel Pemberton Pereira Petrescu Phillips Popescu Prentice Quarshie Quaye Rahman
    Raman Rashid Rawcliffe Reddy Rees Reid Ribeiro Robinson Rowntree Roy Sahota Sandhu Sarkar Sesay Shah
    Sharma Sheikh Siddiqui Sidhu Silva Sinclair Singh Smith Solanki Stewart Sutcliffe Szymańska Tackie
    Taylor Tembo Tetteh Thackray Thomas Thompson Turay Uddin Varma Verma Wainwright Walker Whitaker
    Williams Wong Wright Wójcik Xavier Yeboah Young Yusuf Zaman Zhang Zielińska
    """
)

# Organisations without a network: name, e-mail domain, sector, region's code (nothing is national).
ORGANISATIONS = [
    ("Willowbank Clinics", "willowbank.example", "independent", "Y56"),
    ("Fernhill Home Support", "fernhill.example", "social_care", "Y60"),
    ("Larkfield Hospitals", "larkfield.example", "independent", "Y62"),
    ("Harbour Lane Care Homes", "harbourlane.example", "social_care", "Y58"),
    ("Glan-yr-Afon Health Board", "glanyrafon.example", "acute", ""),
    ("Old Mill Primary Care", "oldmill.example", "primary", "Y61"),
    ("Northgate Surgical Centres", "northgate.example", "independent", "Y63"),
    ("Beacon Supported Living", "beacon.example", "social_care", "Y59"),
    ("Tern Diagnostics", "tern.example", "independent", ""),
]
